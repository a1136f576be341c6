/*
 * A file with a secret in it, written anew, all or nothing: the part of secret.c that
 * makes folders and files. As root it works where others may write, so it holds on to
 * the folder that it looked at and follows no symbolic link in its place.
 */
#ifndef TWICKET_SECRET_PLACE_H
#define TWICKET_SECRET_PLACE_H

#include "common/err.h"

/*
 * text and a line end, into a file of that path, mode 0600, safe on the disk when this
 * returns. The folder is made (0700) when only it is missing. Under root both belong to
 * the owner of what is around them. 0, or -1 with err; then the old file is as it was.
 */
int secret_place_write(const char *path, const char *text, struct err *err);

/* Whether that would do, by a file that is taken away again. 0, or -1 with err. */
int secret_place_try(const char *path, struct err *err);

#endif
