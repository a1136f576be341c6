/*
 * Tokens: where they are kept and who may read them. Called by the agent when it
 * opens an account and by `twicket auth`. A token is never logged, never in an error
 * text, and wiped when it is done with.
 */
#ifndef TWICKET_SECRET_H
#define TWICKET_SECRET_H

#include "agent/config.h"
#include "common/err.h"

#define SECRET_MAX 4096 /* bytes; tokens have 43 to some hundred */

enum secret { SECRET_ERROR = -1, SECRET_OK = 0, SECRET_NONE = 1 };

/*
 * The account's token: the systemd credential of its name ($CREDENTIALS_DIRECTORY/NAME)
 * wins, else token_file. SECRET_NONE: there is no file yet ("twicket auth NAME").
 * SECRET_ERROR: there is one that we must not or cannot use; err says why and what
 * to type. In both cases *token is NULL. The caller frees it by secret_free().
 */
enum secret secret_load(const struct config_account *a, char **token, struct err *err);

/*
 * A password that somebody else made (of Icinga 2): one line of password_file, which may
 * hold blanks. Verdicts, checks of the file and errors as of secret_load(); no credential.
 */
enum secret secret_load_password(const char *path, char **password, struct err *err);

/* The same checks of who may read and write it, for a private key that libcurl reads itself. */
enum secret secret_check_key(const char *path, struct err *err);

/* Wipes and frees; NULL is fine. */
void secret_free(char *token);

/* "Authorization: Basic ..." (RFC 7617), the caller's, for secret_free(). NULL without memory. */
char *secret_basic(const char *user, const char *password);

/*
 * Writes token_file anew, all or nothing, mode 0600; makes its folder (0700) when only
 * that is missing. Under root the file belongs to the owner of the state directory, so
 * that the agent can read what `sudo twicket auth` stored. 0, or -1 with err.
 */
int secret_store(const struct config_account *a, const char *token, struct err *err);

/* Whether secret_store() could: to be asked before somebody logs in for nothing. 0, or -1 with err. */
int secret_check_place(const struct config_account *a, struct err *err);

/* The keys of the app that we log in with, on networks that want one of one's own (X). */
struct secret_app {
	char *key, *secret; /* both secrets: "API key" and "API key secret" */
};

/*
 * From the systemd credential NAME.app, else app_file (token_file with ".app" when the
 * account has none): two lines, key and secret, or consumer_key=..., consumer_secret=...;
 * blank lines and those that begin with # do not count. Verdicts, checks and errors as
 * of secret_load(). The caller finishes it.
 */
enum secret
secret_load_app(const struct config_account *a, struct secret_app *app, struct err *err);
void secret_app_finish(struct secret_app *app); /* wipes and frees */
/* Where they are kept, to be told to people; the caller frees it. NULL without memory. */
char *secret_app_path(const struct config_account *a);
/* As secret_store(). */
int secret_store_app(const struct config_account *a, const struct secret_app *app, struct err *err);

#endif
