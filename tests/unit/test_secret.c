/*
 * Tokens: what is taken, what is refused and what is left on the disk.
 */
#include "agent/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static char path[200];
static struct config_account account = {.name = "status", .token_file = path};

static void put(const char *where, const char *text, size_t n, mode_t mode)
{
	int fd;

	unlink(where); /* who is not root cannot write what is 0400 */
	fd = open(where, O_CREAT | O_EXCL | O_WRONLY, 0600);
	assert_true(fd != -1);
	assert_int_equal(write(fd, text, n), n);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "/tmp/twicket-secret-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/status", folder);
	unsetenv("CREDENTIALS_DIRECTORY");
	return 0;
}

static void empty_folder(const char *where)
{
	char name[600];
	struct dirent *e;
	DIR *d = opendir(where);

	while (d && (e = readdir(d))) {
		snprintf(name, sizeof name, "%s/%s", where, e->d_name);
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") && unlink(name) == -1) {
			empty_folder(name);
			rmdir(name);
		}
	}
	if (d)
		closedir(d);
}

static int tear_down(void **state)
{
	(void)state;
	empty_folder(folder);
	return rmdir(folder);
}

/* The token, or the error's text, for one comparison. */
static const char *load(void)
{
	static char text[5000];
	struct err err = {""};
	char *token;
	enum secret found = secret_load(&account, &token, &err);

	assert_true((found == SECRET_OK) == (token != NULL));
	snprintf(text, sizeof text, "%s", token ? token : err.text);
	secret_free(token);
	return text;
}

static void test_load(void **state)
{
	char *token;
	struct err err;

	(void)state;
	assert_int_equal(secret_load(&account, &token, &err), SECRET_NONE);
	assert_string_equal(err.text, "no token yet: twicket auth status");
	put(path, "abc-_DEF\r\n", 10, 0600);
	assert_string_equal(load(), "abc-_DEF");
	put(path, "abc", 3, 0640); /* root:twicket, say */
	assert_string_equal(load(), "abc");
	put(path, "abc", 3, 0400);
	assert_string_equal(load(), "abc");
}

static void test_refused(void **state)
{
	char big[SECRET_MAX + 10];

	(void)state;
	put(path, "abc\n", 4, 0604);
	assert_non_null(strstr(load(), "has mode 0604, so others can read it: chmod 0600"));
	put(path, "abc\n", 4, 0620);
	assert_non_null(strstr(load(), "can write it"));
	put(path, "", 0, 0600);
	assert_non_null(strstr(load(), "is empty: twicket auth status"));
	put(path, "\n\n", 2, 0600);
	assert_non_null(strstr(load(), "is empty"));
	put(path, "abc\ndef\n", 8, 0600);
	assert_non_null(strstr(load(), "more than a token"));
	assert_null(strstr(load(), "abc")); /* never in a message */
	put(path, "ab\0c", 4, 0600);
	assert_non_null(strstr(load(), "more than a token"));
	memset(big, 'a', sizeof big);
	put(path, big, sizeof big, 0600);
	assert_non_null(strstr(load(), "more than 4096 bytes"));
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_non_null(strstr(load(), "is no file"));
	rmdir(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_non_null(strstr(load(), "is no file"));
}

static void test_owner(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	put(path, "abc\n", 4, 0600);
	assert_int_equal(chown(path, 12345, 12345), 0);
	assert_non_null(strstr(load(), "belongs to user 12345"));
	assert_int_equal(chown(folder, 12345, 12345), 0); /* the agent's folder, read by root */
	assert_string_equal(load(), "abc");
	assert_int_equal(chown(folder, 0, 0), 0);
}

static void test_symlink(void **state)
{
	char other[200];

	(void)state;
	snprintf(other, sizeof other, "%s/other", folder);
	put(other, "linked\n", 7, 0600);
	assert_int_equal(symlink(other, path), 0);
	assert_string_equal(load(), "linked");
}

static void test_credential(void **state)
{
	char inside[300];

	(void)state;
	snprintf(inside, sizeof inside, "%s/creds", folder);
	assert_int_equal(mkdir(inside, 0700), 0);
	setenv("CREDENTIALS_DIRECTORY", inside, 1);
	put(path, "file\n", 5, 0600);
	assert_string_equal(load(), "file"); /* no credential of that name */
	snprintf(inside, sizeof inside, "%s/creds/status", folder);
	put(inside, "credential\n", 11, 0400);
	assert_string_equal(load(), "credential");
	put(inside, "credential\n", 11, 0444);
	assert_non_null(strstr(load(), "has mode 0444")); /* not silently the file instead */
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void test_store(void **state)
{
	char deep[200], missing[200];
	struct config_account a = {.name = "status", .token_file = deep};
	struct stat st;
	struct err err = {""};
	char *token;

	(void)state;
	snprintf(deep, sizeof deep, "%s/auth/status", folder);
	assert_int_equal(secret_check_place(&a, &err), 0);
	assert_int_equal(stat(deep, &st), -1);
	assert_int_equal(secret_store(&a, "first", &err), 0);
	assert_int_equal(secret_check_place(&a, &err), 0);
	assert_int_equal(secret_store(&a, "second", &err), 0);
	assert_int_equal(secret_load(&a, &token, &err), SECRET_OK);
	assert_string_equal(token, "second");
	secret_free(token);
	assert_int_equal(stat(deep, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	snprintf(missing, sizeof missing, "%s/auth", folder);
	assert_int_equal(stat(missing, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(st.st_nlink, 2); /* and no temporary file is left, see below */
	assert_int_equal(unlink(deep), 0);
	assert_int_equal(rmdir(missing), 0);
	assert_int_equal(secret_store(&a, "two words", &err), -1);
	assert_int_equal(secret_store(&a, "", &err), -1);
	snprintf(deep, sizeof deep, "%s/no/such/status", folder);
	assert_int_equal(secret_store(&a, "first", &err), -1);
	assert_non_null(strstr(err.text, "cannot be made"));
	assert_int_equal(secret_check_place(&a, &err), -1);
	assert_non_null(strstr(err.text, "cannot be made"));
}

static void test_store_as_root(void **state)
{
	char deep[200];
	struct config_account a = {.name = "status", .token_file = deep};
	struct stat st;
	struct err err;

	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(chown(folder, 12345, 12345), 0);
	snprintf(deep, sizeof deep, "%s/auth/status", folder);
	assert_int_equal(secret_store(&a, "first", &err), 0);
	assert_int_equal(stat(deep, &st), 0);
	assert_int_equal(st.st_uid, 12345);
	assert_int_equal(chown(folder, 0, 0), 0);
}

/* The agent's user may lay a link where root is about to write. */
static void test_link_in_place(void **state)
{
	char deep[200], link[200], aim[200], there[300];
	struct config_account a = {.name = "status", .token_file = deep};
	struct err err;
	bool is_root = geteuid() == 0;

	(void)state;
	snprintf(deep, sizeof deep, "%s/auth/status", folder);
	snprintf(link, sizeof link, "%s/auth", folder);
	snprintf(aim, sizeof aim, "%s/aim", folder);
	snprintf(there, sizeof there, "%s/status", aim);
	assert_int_equal(mkdir(aim, 0700), 0);
	assert_int_equal(symlink(aim, link), 0);
	assert_int_equal(secret_check_place(&a, &err), is_root ? -1 : 0);
	assert_int_equal(secret_store(&a, "first", &err), is_root ? -1 : 0);
	if (is_root)
		assert_non_null(strstr(err.text, "through a link"));
	assert_int_equal(unlink(there), is_root ? -1 : 0);
	assert_int_equal(rmdir(aim), 0); /* nothing else was left in it */
	assert_int_equal(unlink(link), 0);
}

/* --- the keys of an app -------------------------------------------------------------------- */

/* "KEY SECRET", or the error's text. */
static const char *load_app(void)
{
	static char text[5000];
	struct err err = {""};
	struct secret_app app;
	enum secret found = secret_load_app(&account, &app, &err);

	assert_true((found == SECRET_OK) == (app.key && app.secret));
	assert_true((found == SECRET_OK) != (!app.key && !app.secret));
	snprintf(
	    text, sizeof text, "%s%s%s", found == SECRET_OK ? app.key : err.text,
	    found == SECRET_OK ? " " : "", found == SECRET_OK ? app.secret : "");
	secret_app_finish(&app);
	assert_null(app.key);
	return text;
}

static void put_app(const char *text, mode_t mode)
{
	char where[300];

	snprintf(where, sizeof where, "%s.app", path);
	put(where, text, strlen(text), mode);
}

static void test_app(void **state)
{
	static const struct {
		const char *file, *expected;
	} cases[] = {
	    {"KEY\nSECRET\n", "KEY SECRET"},
	    {"\n# from the console\r\n  KEY \r\n\n\tSECRET", "KEY SECRET"},
	    {"consumer_secret=SECRET\nconsumer_key=KEY\n", "KEY SECRET"},
	    {"API_KEY=KEY\napi_key_secret=SECRET\n", "KEY SECRET"},
	    {"K=E+Y/\n=SECRET\n", "K=E+Y/ =SECRET"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		put_app(cases[i].file, 0600);
		assert_string_equal(load_app(), cases[i].expected);
	}
}

static void test_app_refused(void **state)
{
	static const struct {
		const char *file, *expected;
	} cases[] = {
	    {"", "two lines are wanted"},
	    {"# nothing\n", "two lines are wanted"},
	    {"HIDDEN\n", "two lines are wanted"},
	    {"HIDDEN\nHIDDEN\nHIDDEN\n", ":3: two lines are wanted"},
	    {"api_key=HIDDEN\nkey=HIDDEN\n", ":2: two lines are wanted"},
	    {"HID DEN\nHIDDEN\n", ":1: this is no key"},
	    {"consumer_key=\nHIDDEN\n", ":1: this is no key"},
	    {"HIDDEN\nHID\xc3\xa4\n", ":2: this is no key"},
	};
	char inside[300];

	(void)state;
	assert_non_null(strstr(load_app(), "no keys of an app in "));
	assert_non_null(strstr(load_app(), "/status.app"));
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		put_app(cases[i].file, 0600);
		if (!strstr(load_app(), cases[i].expected))
			fail_msg("case %zu: %s", i, load_app());
		assert_null(strstr(load_app(), "HID")); /* never in a message */
	}
	put_app("KEY\nSECRET\n", 0644);
	assert_non_null(strstr(load_app(), "has mode 0644"));
	snprintf(inside, sizeof inside, "%s.app", path);
	put(inside, "KEY\0\nSECRET\n", 12, 0600);
	assert_non_null(strstr(load_app(), "holds no text"));
}

static void test_app_place(void **state)
{
	char other[300], inside[300], *told;

	(void)state;
	put_app("KEY\nSECRET\n", 0600);
	told = secret_app_path(&account);
	snprintf(other, sizeof other, "%s.app", path);
	assert_string_equal(told, other);
	free(told);
	snprintf(other, sizeof other, "%s/elsewhere", folder);
	account.app_file = other;
	assert_non_null(strstr(load_app(), "/elsewhere"));
	put(other, "A\nB\n", 4, 0600);
	assert_string_equal(load_app(), "A B");
	account.app_file = NULL;
	snprintf(inside, sizeof inside, "%s/creds", folder);
	assert_int_equal(mkdir(inside, 0700), 0);
	setenv("CREDENTIALS_DIRECTORY", inside, 1);
	assert_string_equal(load_app(), "KEY SECRET");
	snprintf(inside, sizeof inside, "%s/creds/status.app", folder);
	put(inside, "C\nD\n", 4, 0400);
	assert_string_equal(load_app(), "C D");
	put(inside, "C\nD\n", 4, 0444);
	assert_non_null(strstr(load_app(), "has mode 0444"));
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void test_app_store(void **state)
{
	struct secret_app app = {"KEY", "SECRET"};
	struct err err = {""};
	struct stat st;
	char where[300];

	(void)state;
	assert_int_equal(secret_store_app(&account, &app, &err), 0);
	assert_string_equal(load_app(), "KEY SECRET");
	snprintf(where, sizeof where, "%s.app", path);
	assert_int_equal(stat(where, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	app.secret = "HID DEN";
	assert_int_equal(secret_store_app(&account, &app, &err), -1);
	assert_null(strstr(err.text, "HID"));
	app.secret = "";
	assert_int_equal(secret_store_app(&account, &app, &err), -1);
	assert_string_equal(load_app(), "KEY SECRET");
}

static const char *password(void)
{
	static char text[5000];
	struct err err = {""};
	char *found;
	enum secret rc = secret_load_password(path, &found, &err);

	assert_true((rc == SECRET_OK) == (found != NULL));
	snprintf(text, sizeof text, "%s", found ? found : err.text);
	secret_free(found);
	return text;
}

static void test_password(void **state)
{
	(void)state;
	assert_non_null(strstr(password(), "no password yet: one line in /tmp/twicket-secret-"));
	put(path, " two words: ü\r\n", 16, 0600);
	assert_string_equal(password(), " two words: ü");
	put(path, "a\nb\n", 4, 0600);
	assert_non_null(strstr(password(), "holds more than a password of one line"));
	put(path, "a\0b\n", 4, 0600);
	assert_non_null(strstr(password(), "holds no text"));
	put(path, "\n", 1, 0600);
	assert_non_null(strstr(password(), "is empty: a password of one line is wanted"));
	put(path, "secret\n", 7, 0604);
	assert_non_null(strstr(password(), "has mode 0604, so others can read it: chmod 0600"));
	assert_null(strstr(password(), "secret\n"));
}

/* A key is longer than any token. */
static void test_key(void **state)
{
	static const char key[SECRET_MAX * 2];
	struct err err;

	(void)state;
	assert_int_equal(secret_check_key(path, &err), SECRET_NONE);
	assert_non_null(strstr(err.text, "there is no /tmp/twicket-secret-"));
	put(path, key, sizeof key, 0600);
	assert_int_equal(secret_check_key(path, &err), SECRET_OK);
	put(path, key, sizeof key, 0644);
	assert_int_equal(secret_check_key(path, &err), SECRET_ERROR);
	assert_non_null(strstr(err.text, "others can read it: chmod 0600"));
	assert_int_equal(secret_check_key(folder, &err), SECRET_ERROR);
	assert_non_null(strstr(err.text, "is no file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_load, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_owner, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_symlink, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_credential, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_password, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_key, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_store, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_store_as_root, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_link_in_place, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_app, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_app_refused, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_app_place, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_app_store, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
