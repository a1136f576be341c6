/*
 * Proof by a one-time code that an account is a person's: the admin hands the code over, the
 * person sends it from there. Called by core_people.c and by inbox_enrol.c. It must never
 * keep a code but as its hash, nor prove an account that the configuration does not name.
 */
#include "agent/people_internal.h"
#include "common/log.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

/* As in tags: no vowels, nothing that looks alike. 27^10 codes, five tries. */
static const char people_letters[] = "23456789BCDFGHJKMNPQRSTVWXZ";


#define PEOPLE_CODE_LATE_MS (60 * 60000) /* a word of that form is no comment so long */
#define LETTERS (sizeof people_letters - 1)

void people_make_code(void (*random)(void *bytes, size_t n), char code[PEOPLE_CODE_SIZE])
{
	unsigned char dice;

	for (size_t i = 0; i + 1 < PEOPLE_CODE_SIZE; i++) {
		do
			random(&dice, sizeof(dice));
		while (dice >= 256 / LETTERS * LETTERS); /* so that each letter is as likely */
		code[i] = people_letters[dice % LETTERS];
	}
	code[PEOPLE_CODE_SIZE - 1] = '\0';
}

/* Of the person's name as well: one person's code proves nobody else. */
static bool people_hash(const char *name, const char *code, char hex[PEOPLE_HASH_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned n = 0;
	bool ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
		  EVP_DigestUpdate(ctx, name, strlen(name) + 1) == 1 &&
		  EVP_DigestUpdate(ctx, code, strlen(code)) == 1 &&
		  EVP_DigestFinal_ex(ctx, digest, &n) == 1;

	EVP_MD_CTX_free(ctx);
	for (unsigned i = 0; ok && i < n && 2 * i + 2 < PEOPLE_HASH_SIZE; i++) {
		hex[2 * i] = digits[digest[i] >> 4];
		hex[2 * i + 1] = digits[digest[i] & 15];
		hex[2 * i + 2] = '\0';
	}
	return ok;
}

int people_enrol(
    struct people *p, const char *name, const char *code, const struct now *now, struct err *err)
{
	int person = people_find(p, name, err);
	const struct config_person *who = person < 0 ? NULL : &p->config->people[person];
	struct people_mark *m;

	if (!who)
		return -1;
	if (people_is_revoked(p, (unsigned)person))
		return err_set(err, "%s is revoked; twicket people restore %s", name, name);
	if (!*people_handle(who, PEOPLE_MASTODON) && !*people_handle(who, PEOPLE_X))
		return err_set(err, "%s has no handle in the file to send a code from", name);
	m = people_mark_make(p, name);
	if (!m || !people_hash(name, code, m->code_hash))
		return err_set(err, "out of memory");
	m->code_until_ms = now->wall_ms + PEOPLE_CODE_MS;
	m->code_wrong = 0;
	people_put_mark(p, m);
	return 0;
}

/* Upper case into code; false: it is none. */
static bool people_read_code(const char *text, char code[PEOPLE_CODE_SIZE])
{
	size_t n = 0;

	for (; *text && n + 1 < PEOPLE_CODE_SIZE; text++, n++) {
		code[n] = *text >= 'a' && *text <= 'z' ? (char)(*text - 'a' + 'A') : *text;
		if (!strchr(people_letters, code[n]))
			return false;
	}
	code[n] = '\0';
	return n + 1 == PEOPLE_CODE_SIZE && !*text;
}

/* ---- a reply that may be one ---- */

static void people_told(
    struct people *p, const struct people_proof *proof, const char *name, const char *result,
    const struct now *now)
{
	log_info("people", "%s (%s): %s", name, proof->acct, result);
	people_audit(
	    p, &(struct audit_row){
		   .at_ms = now->wall_ms,
		   .actor = name,
		   .action = "enrol",
		   .object = name,
		   .via = proof->acct,
		   .result = result});
}

/* The id behind the handle from now on, whatever it was before. */
static bool
people_prove(struct people *p, const struct people_proof *proof, const struct now *now)
{
	const struct config_account *a = &p->config->accounts[proof->account];
	const struct config_person *who = &p->config->people[proof->person];
	enum people_network network = people_network(a->network);
	const char *server = network == PEOPLE_X ? PEOPLE_X_SERVER : people_server(a);
	const char *handle = people_handle(who, network);
	struct pin *pin = people_pin_of(p, network, server, handle);
	const struct pin *other = people_pin_by_id(p, network, server, proof->author_id);

	if (!*handle || (other && other != pin))
		return false;
	return people_pin_proven(
	    p, pin,
	    &(struct identity_row){
		.person = who->name,
		.network = a->network,
		.acct = handle,
		.server_account = server,
		.author_id = proof->author_id,
		.pinned_ms = now->wall_ms,
		.proven_ms = now->wall_ms});
}

static enum people_code
people_wrong(struct people *p, const struct people_proof *proof, struct people_mark *m,
	     const struct now *now)
{
	if (++m->code_wrong >= PEOPLE_CODE_TRIES) {
		m->code_hash[0] = '\0';
		people_told(p, proof, m->name, "ended: too many wrong codes", now);
	}
	people_put_mark(p, m);
	return PEOPLE_CODE_WRONG;
}

enum people_code
people_code(struct people *p, const struct people_proof *proof, const char *text, const struct now *now)
{
	char code[PEOPLE_CODE_SIZE], hash[PEOPLE_HASH_SIZE] = "", result[220];
	struct people_mark *m;

	if (proof->person >= p->config->n_people || !people_read_code(text, code))
		return PEOPLE_NO_CODE;
	m = people_mark(p, p->config->people[proof->person].name);
	if (!m || m->code_until_ms + PEOPLE_CODE_LATE_MS <= now->wall_ms)
		return PEOPLE_NO_CODE;
	if (!m->code_hash[0] || m->code_until_ms <= now->wall_ms)
		return PEOPLE_CODE_WRONG; /* too late, or once more: still no comment for the core */
	if (!people_hash(m->name, code, hash) || strcmp(hash, m->code_hash) != 0 ||
	    !people_prove(p, proof, now))
		return people_wrong(p, proof, m, now);
	m->code_hash[0] = '\0';
	people_put_mark(p, m);
	snprintf(result, sizeof(result), "proven: id %.200s", proof->author_id);
	people_told(p, proof, m->name, result, now);
	return PEOPLE_CODE_RIGHT;
}
