/*
 * The module's arguments. Called once at load by neb.c.
 * Must never accept what it does not understand: a typing error is told, not guessed.
 */
#include "module/args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\n"

static int fail(char *err, size_t cap, const char *what, const char *word, size_t n)
{
	snprintf(err, cap, "%s in argument \"%.*s\"", what, n > 200 ? 200 : (int)n, word);
	return -1;
}

static int copy(char *out, size_t cap, const char *value, size_t n)
{
	if (!n || n >= cap)
		return -1;
	memcpy(out, value, n);
	out[n] = '\0';
	return 0;
}

static int parse_ring(const char *value, size_t n, size_t *kib)
{
	char digits[8];

	if (copy(digits, sizeof digits, value, n) || digits[strspn(digits, "0123456789")])
		return -1;
	*kib = strtoul(digits, NULL, 10);
	return *kib >= ARGS_RING_MIN_KIB && *kib <= ARGS_RING_MAX_KIB ? 0 : -1;
}

static int is_key(const char *word, size_t n, const char *key)
{
	return n == strlen(key) && !memcmp(word, key, n);
}

static int parse_word(const char *word, size_t n, struct args *args, char *err, size_t cap)
{
	const char *equals = memchr(word, '=', n), *value = equals ? equals + 1 : "";
	size_t key_len = equals ? (size_t)(equals - word) : n;
	size_t value_len = equals ? n - key_len - 1 : 0;
	int r;

	if (is_key(word, key_len, "node"))
		r = copy(args->node, sizeof args->node, value, value_len);
	else if (is_key(word, key_len, "socket"))
		r = *value == '/' ? copy(args->socket, sizeof args->socket, value, value_len) : -1;
	else if (is_key(word, key_len, "user"))
		r = copy(args->user, sizeof args->user, value, value_len);
	else if (is_key(word, key_len, "ring"))
		r = parse_ring(value, value_len, &args->ring_kib);
	else
		return fail(
		    err, cap, "only node= socket= user= ring= are known, not that", word, n);
	return r ? fail(err, cap, "bad value", word, n) : 0;
}

int args_parse(const char *line, struct args *args, char *err, size_t cap)
{
	size_t n;

	*args =
	    (struct args){.socket = "/run/twicket/core.sock", .user = "twicket", .ring_kib = 4096};
	for (line = line ? line : ""; *(line += strspn(line, BLANKS)); line += n) {
		n = strcspn(line, BLANKS);
		if (parse_word(line, n, args, err, cap))
			return -1;
	}
	return 0;
}
