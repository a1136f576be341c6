/*
 * libFuzzer entry of the module's gate: any fields in, one harmless command out.
 * Run by make check for a short time, by make check-long for ten minutes.
 * It must never find a byte in author and text that a shell, a macro or a browser knows.
 */
#include "common/gate.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static void check_clean(const char *s)
{
	const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)s;
	utf8proc_int32_t c;

	while (*at) {
		utf8proc_ssize_t used = utf8proc_iterate(at, -1, &c);

		if (used <= 0)
			abort();
		if (c < 0x80 && !strchr(" .,:-_/@#+?=%", c) && !(c >= '0' && c <= '9') &&
		    !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z'))
			abort();
		switch (utf8proc_category(c)) {
		case UTF8PROC_CATEGORY_CC:
		case UTF8PROC_CATEGORY_CF:
		case UTF8PROC_CATEGORY_CS:
		case UTF8PROC_CATEGORY_CO:
		case UTF8PROC_CATEGORY_ZL:
		case UTF8PROC_CATEGORY_ZP: abort();
		default: break;
		}
		at += used;
	}
	if (strstr(s, "  ") || *s == ' ' || (*s && s[strlen(s) - 1] == ' '))
		abort();
}

static const char *next_field(char **at, char *end)
{
	char *field = *at;
	char *nul = memchr(field, '\0', (size_t)(end - field));

	*at = nul ? nul + 1 : end;
	return field;
}

static void check_command(const struct gate_order *order)
{
	char out[GATE_COMMAND_BYTES], *at;
	size_t len = gate_command(order, out, sizeof out), fields = 0;

	if (!len)
		return;
	if (len != strlen(out) || strpbrk(out, "\n\r"))
		abort();
	for (at = out; (at = strchr(at, ';')); at++)
		fields++;
	switch (order->command) {
	case GATE_ACK_HOST: fields -= 6; break;
	case GATE_ACK_SERVICE: fields -= 7; break;
	case GATE_ACK_HOST_UNTIL: fields -= 7; break;
	case GATE_ACK_SERVICE_UNTIL: fields -= 8; break;
	case GATE_UNACK_HOST: fields -= 1; break;
	case GATE_UNACK_SERVICE: fields -= 2; break;
	case GATE_COMMENT_HOST: fields -= 4; break;
	case GATE_COMMENT_SERVICE: fields -= 5; break;
	case GATE_DOWNTIME_HOST:
	case GATE_DOWNTIME_SERVICES: fields -= 8; break;
	case GATE_DOWNTIME_SERVICE: fields -= 9; break;
	case GATE_CANCEL_HOST:
	case GATE_CANCEL_SERVICE: fields -= 1; break;
	case GATE_CHECK_HOST: fields -= 2; break;
	case GATE_CHECK_SERVICE: fields -= 3; break;
	}
	if (fields)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1), *at = copy, *end = copy + size;
	char cleaned[GATE_TEXT_BYTES], again[GATE_TEXT_BYTES], mark[GATE_MARK_BYTES];
	struct gate_order order = {
	    .command = size ? (enum gate_command)(data[0] % (GATE_CHECK_SERVICE + 1)) : GATE_ACK_HOST,
	    .from = 1700000000,
	    .until = 1700001800,
	    .id = 77};

	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	*end = '\0';
	order.host = next_field(&at, end);
	order.service = next_field(&at, end);
	order.author = next_field(&at, end);
	order.text = next_field(&at, end);
	order.mark = next_field(&at, end);
	if (strlen(order.host) <= 1000 && strlen(order.service) <= 1000)
		check_command(&order);
	gate_clean(order.text, cleaned, sizeof cleaned, GATE_TEXT_CHARS);
	check_clean(cleaned);
	gate_clean(cleaned, again, sizeof again, GATE_TEXT_CHARS);
	if (strcmp(cleaned, again))
		abort();
	gate_mark_of(order.text, mark);
	if (!gate_mark_is_valid(mark))
		abort();
	free(copy);
	return 0;
}
