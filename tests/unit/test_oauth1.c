/*
 * OAuth 1.0a: what is signed, in which order and how it is escaped; the signature itself
 * against values of another program; what cannot be signed, and says no secret.
 */
#include "notifiers/oauth1.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OWN                                                                                        \
	"oauth_consumer_key%3Dck%26oauth_nonce%3Dn0nce%26oauth_signature_method%3DHMAC-SHA1"       \
	"%26oauth_timestamp%3D1795000000%26oauth_token%3Dtk%26oauth_version%3D1.0"

static const struct oauth1_keys keys = {"ck", "c&s", "tk", "t s"};

static struct oauth1_request request(const char *method, const char *url)
{
	return (struct oauth1_request){
	    .method = method, .url = url, .nonce = "n0nce", .timestamp = 1795000000};
}

static void
expect_base(const struct oauth1_keys *k, const struct oauth1_request *r, const char *want)
{
	struct err err;
	struct buf out;

	buf_init(&out, 10000);
	assert_int_equal(oauth1_base_string(k, r, &out, &err), 0);
	assert_string_equal(buf_text(&out), want);
	buf_finish(&out);
}

static void test_address(void **state)
{
	static const struct {
		const char *url, *want; /* up to the parameters */
	} cases[] = {
	    {"https://api.example/2/posts", "https%3A%2F%2Fapi.example%2F2%2Fposts"},
	    {"HTTPS://API.Example/2/Posts", "https%3A%2F%2Fapi.example%2F2%2FPosts"},
	    {"https://api.example:443/a", "https%3A%2F%2Fapi.example%2Fa"},
	    {"http://api.example:80/a", "http%3A%2F%2Fapi.example%2Fa"},
	    {"http://api.example:443/a", "http%3A%2F%2Fapi.example%3A443%2Fa"},
	    {"http://127.0.0.1:8080/a", "http%3A%2F%2F127.0.0.1%3A8080%2Fa"},
	    {"http://[::1]:8080/a", "http%3A%2F%2F%5B%3A%3A1%5D%3A8080%2Fa"},
	    {"https://api.example", "https%3A%2F%2Fapi.example%2F"},
	    {"https://me:pw@api.example/a#part", "https%3A%2F%2Fapi.example%2Fa"},
	    {"https://api.example/a/../b%2Fc", "https%3A%2F%2Fapi.example%2Fa%2F..%2Fb%252Fc"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct oauth1_request r = request("GET", cases[i].url);
		char want[1000];

		snprintf(want, sizeof want, "GET&%s&%s", cases[i].want, OWN);
		expect_base(&keys, &r, want);
	}
}

static void test_query(void **state)
{
	static const struct {
		const char *query, *want; /* all sort before oauth_ */
	} cases[] = {
	    {"a=1", "a%3D1%26"},
	    {"b=2&a=1", "a%3D1%26b%3D2%26"},
	    {"a=2&a=10&a=1", "a%3D1%26a%3D10%26a%3D2%26"},
	    {"a=1&B=2", "B%3D2%26a%3D1%26"},
	    {"a", "a%3D%26"},
	    {"a=", "a%3D%26"},
	    {"a=1=2", "a%3D1%253D2%26"},
	    {"&&a=1&", "a%3D1%26"},
	    {"a=x+y%20z%2B", "a%3Dx%2520y%2520z%252B%26"},
	    {"a=%7e%2a~*", "a%3D~%252A~%252A%26"},
	    {"a=%c3%a9", "a%3D%25C3%25A9%26"},
	    {"a=%00b", "a%3D%2500b%26"},
	    {"a=100%&b=%zz%4", "a%3D100%2525%26b%3D%2525zz%25254%26"},
	    {"a-=1&a%26=2", "a%2526%3D2%26a-%3D1%26"}, /* by the escaped name: "%" before "-" */
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char url[200], want[1000];
		struct oauth1_request r = request("GET", url);

		snprintf(url, sizeof url, "https://x.example/?%s", cases[i].query);
		snprintf(
		    want, sizeof want, "GET&https%%3A%%2F%%2Fx.example%%2F&%s%s", cases[i].want,
		    OWN);
		expect_base(&keys, &r, want);
	}
}

static void test_form(void **state)
{
	const struct oauth1_param form[] = {{"status", "Wiki: weg & \xc3\xbc"}, {"a", ""}};
	const struct oauth1_param extra[] = {{"oauth_callback", "oob"}};
	const struct oauth1_keys no_token = {"ck", "c&s", NULL, NULL};
	struct oauth1_request r = request("POST", "https://x.example/u");

	(void)state;
	r.form = form;
	r.n_form = 2;
	expect_base(
	    &keys, &r,
	    "POST&https%3A%2F%2Fx.example%2Fu&a%3D%26" OWN
	    "%26status%3DWiki%253A%2520weg%2520%2526%2520%25C3%25BC");
	r.n_form = 0;
	r.extra = extra;
	r.n_extra = 1;
	expect_base(
	    &no_token, &r,
	    "POST&https%3A%2F%2Fx.example%2Fu&oauth_callback%3Doob%26oauth_consumer_key%3Dck"
	    "%26oauth_nonce%3Dn0nce%26oauth_signature_method%3DHMAC-SHA1"
	    "%26oauth_timestamp%3D1795000000%26oauth_version%3D1.0");
}

/* Made with Python: base64(hmac("c%26s&t%20s", base string, sha1)). */
static void test_signature(void **state)
{
	const struct oauth1_param extra[] = {{"oauth_verifier", "12 34"}};
	const struct oauth1_keys no_token = {"ck", "c&s", "", ""};
	struct oauth1_request r = request("GET", "https://x.example/2/users/me?a=1");
	char signature[29], *end = signature + sizeof signature - 1;
	struct err err;
	struct buf out;

	(void)state;
	assert_int_equal(oauth1_signature(&keys, &r, signature, sizeof signature, &err), 0);
	assert_string_equal(signature, "Y+VCghDmWrWsAM3pci3Izg9unyo=");
	assert_int_equal(*end, '\0');
	buf_init(&out, 1000);
	buf_str(&out, "Authorization: ");
	assert_int_equal(oauth1_authorization(&keys, &r, &out, &err), 0);
	assert_string_equal(
	    buf_text(&out),
	    "Authorization: OAuth oauth_consumer_key=\"ck\", oauth_nonce=\"n0nce\", "
	    "oauth_signature=\"Y%2BVCghDmWrWsAM3pci3Izg9unyo%3D\", "
	    "oauth_signature_method=\"HMAC-SHA1\", oauth_timestamp=\"1795000000\", "
	    "oauth_token=\"tk\", oauth_version=\"1.0\"");
	buf_reset(&out);
	r.extra = extra;
	r.n_extra = 1;
	assert_int_equal(oauth1_authorization(&no_token, &r, &out, &err), 0);
	assert_string_equal(
	    buf_text(&out), "OAuth oauth_consumer_key=\"ck\", oauth_nonce=\"n0nce\", "
			    "oauth_signature=\"Rzpv9fadhlc6tNUNfdcYmGCEkYc%3D\", "
			    "oauth_signature_method=\"HMAC-SHA1\", oauth_timestamp=\"1795000000\", "
			    "oauth_verifier=\"12%2034\", oauth_version=\"1.0\"");
	buf_finish(&out);
}

static void refuses(const char *url, size_t room)
{
	struct oauth1_request r = request("GET", url);
	struct err err = {""};
	struct buf out;

	buf_init(&out, room);
	assert_int_equal(oauth1_authorization(&keys, &r, &out, &err), -1);
	assert_string_not_equal(err.text, "");
	assert_null(strstr(err.text, "s3cret"));
	buf_finish(&out);
}

static void test_refused(void **state)
{
	struct oauth1_request r = request("GET", "https://x.example/");
	char small[28], *url = malloc(70001);

	(void)state;
	refuses("", 1000);
	refuses("api.x.example/s3cret", 1000);
	refuses("ftp://x.example/s3cret", 1000);
	refuses("https://x.example/\ns3cret", 1000);
	refuses("https://x.example/s3cret", 10); /* no room for the header */
	assert_non_null(url);
	memset(url, 'a', 70000);
	memcpy(url, "https://x.example/?s3cret=", 26);
	url[70000] = '\0';
	refuses(url, 1000);
	free(url);
	assert_int_equal(oauth1_signature(&keys, &r, small, sizeof small, NULL), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_address), cmocka_unit_test(test_query),
	    cmocka_unit_test(test_form),    cmocka_unit_test(test_signature),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
