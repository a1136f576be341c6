/*
 * Fuzz entry: answers of a hostile X, to every job.
 * Input: a digit (the job), a letter (v: VERIFY first; p: the names of after August 2026;
 * m: with direct messages; b: both; g: COLLECT with gaps; d: the post is a direct message, and
 * RECENT follows; any other: none of it),
 * then the answers as in network.h. Seeds: tests/fuzz/corpus/twitter.
 */
#include "tests/fuzz/network.h"

#define REQUESTS_MAX 64 /* of one job: more the agent does not send */
#define KEYS                                                                                       \
	"{\"consumer_key\":\"APP-KEY\",\"consumer_secret\":\"" TOKEN "\",\"token\":\"700-USER\","  \
	"\"token_secret\":\"" TOKEN "\",\"user_id\":\"700\",\"screen_name\":\"examplenet\"}"

static const int64_t prices[PRICES] = {15000, 200000, 10000, 10000, 15000,
				       5000,  1000,   10000, 10000};

static void run(struct account *a, enum job_type type, char how, char **at)
{
	struct job job = {
	    .type = type,
	    .text = "x",
	    .key = "k",
	    .parent_id = "1",
	    .target_id = "1",
	    .to = "alice@x.com",
	    .to_id = "801",
	    .visibility = how == 'd' ? VISIBILITY_DIRECT : VISIBILITY_PUBLIC,
	    .since_ms = 1795305000000,
	    .cursor = how == 'g' ? "9-800-850-900-999 80" : "999 80"};

	run_job(&notifier_twitter, a, &job, "https://api.x.com/2/", REQUESTS_MAX, at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char how = size > 2 ? (char)data[1] : ' ';
	struct notifier_settings settings = {
	    .name = "status",
	    .handle = "examplenet",
	    .token = KEYS,
	    .prices = prices,
	    .fields = how == 'p' || how == 'b' ? "post" : "tweet",
	    .messages = how == 'm' || how == 'b'};
	struct account *a;
	char *text, *at;

	if (size <= 2)
		return 0;
	a = notifier_twitter.open(&settings, NULL);
	text = calloc(1, size + 1);
	require(a && text);
	memcpy(text, data, size);
	at = text + 2;
	if (how == 'v')
		run(a, JOB_VERIFY, how, &at);
	if (at)
		run(a, (enum job_type)((unsigned char)text[0] % 10), how, &at);
	/* Looks for a message whose answer was lost. */
	if (at && how == 'd')
		run(a, JOB_RECENT, how, &at);
	notifier_twitter.close(a);
	free(text);
	return 0;
}
