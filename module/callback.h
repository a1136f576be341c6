/*
 * What the core calls for its events. Registered by neb.c; each takes the number
 * of the callback and the core's struct for it, and returns 0.
 */
#ifndef TWICKET_CALLBACK_H
#define TWICKET_CALLBACK_H

void callback_reset(void); /* the core's loop begins: nothing is known of before */

int callback_state(int type, void *data);
int callback_ack(int type, void *data);
int callback_external_command(int type, void *data);
int callback_comment(int type, void *data);
int callback_downtime(int type, void *data);
int callback_flapping(int type, void *data);
int callback_contact_notification(int type, void *data);

#endif
