/*
 * GOALS P7: libcurl alone. COUNT requests of TEXT, one after the other over one connection, with
 * the headers that twicketd sends. Run by p7.py. Must never do what could be called work.
 *
 * usage: curl_rate URL COUNT TEXT
 */
#include <curl/curl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t drop(char *bytes, size_t size, size_t n, void *arg)
{
	(void)bytes;
	(void)arg;
	return size * n;
}

static int post_all(CURL *curl, long count)
{
	for (long k = 0; k < count; k++) {
		CURLcode rc = curl_easy_perform(curl);

		if (rc != CURLE_OK) {
			fprintf(stderr, "curl_rate: %s\n", curl_easy_strerror(rc));
			return 1;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct curl_slist *headers = NULL;
	char url[512], body[8192], *text;
	CURL *curl;
	int rc;

	if (argc != 4)
		return 2;
	curl = curl_easy_init();
	text = curl_easy_escape(curl, argv[3], 0);
	snprintf(url, sizeof url, "%s/api/v1/statuses", argv[1]);
	snprintf(body, sizeof body, "status=%s&visibility=unlisted&language=en", text);
	headers = curl_slist_append(headers, "Authorization: Bearer token-curl");
	headers = curl_slist_append(headers, "Idempotency-Key: 0123456789abcdef0123456789abcdef");
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	rc = post_all(curl, strtol(argv[2], NULL, 10));
	curl_slist_free_all(headers);
	curl_free(text);
	curl_easy_cleanup(curl);
	return rc;
}
