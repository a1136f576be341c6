/*
 * Which name does a mention mean: a table. Run by the unit suite.
 */
#include "agent/mention.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *text, *name;
	enum mention_fit fit;
} cases[] = {
    {"E-mail is down", "E-mail", MENTION_NAME},
    {"is email down?", "E-mail", MENTION_NAME},
    {"my e mail does not work", "E-mail", MENTION_NAME},
    {"anybody else? #EMail", "E-mail", MENTION_NAME},
    {"e_mail!", "E-mail", MENTION_NAME},
    {"no mail since this morning", "E-mail", MENTION_PART},
    {"Mail?", "E-mail", MENTION_PART},
    {"I mailed you", "E-mail", MENTION_NONE},
    {"the emails", "E-mail", MENTION_NONE},
    {"webmail is slow", "E-mail", MENTION_NONE},
    {"webmail is slow", "Webmail", MENTION_NAME},
    {"web mail is slow", "Webmail", MENTION_NAME},
    {"e", "E-mail", MENTION_NONE},
    {"the file share hangs", "File share", MENTION_NAME},
    {"#FileShare hangs", "File share", MENTION_NAME},
    {"I cannot share any file", "File share", MENTION_WORDS},
    {"I want to share a photo", "File share", MENTION_NONE},
    {"mailing is fine, lists are not", "Mailing lists", MENTION_WORDS},
    {"the lists", "Mailing lists", MENTION_NONE},
    {"VPN broken", "VPN", MENTION_NAME},
    {"v.p.n. broken", "VPN", MENTION_NAME},
    {"vpns broken", "VPN", MENTION_NONE},
    {"IPv6 is gone", "IPv6-Gateway", MENTION_PART},
    {"das telefon geht nicht", "Telefön", MENTION_NAME},
    {"TÉLÉPHONE en panne", "Téléphone", MENTION_NAME},
    {"die STRASSE", "Straße", MENTION_NAME},
    {"ＥＭＡＩＬ", "E-mail", MENTION_NAME},
    {"почта не работает", "Почта", MENTION_NAME},
    {"", "E-mail", MENTION_NONE},
    {"anything", "", MENTION_NONE},
    {"anything", "--", MENTION_NONE},
    {"\xff\xfe", "E-mail", MENTION_NONE},
};

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (mention_fits(cases[i].text, cases[i].name) != cases[i].fit)
			fail_msg("\"%s\" and \"%s\": %d, not %d", cases[i].text, cases[i].name,
				 (int)mention_fits(cases[i].text, cases[i].name), (int)cases[i].fit);
}

/* A text that is cut within a character, and one of more words than are looked at. */
static void test_long(void **state)
{
	static char text[3 * MENTION_TEXT];

	(void)state;
	for (size_t i = 0; i + 2 < sizeof text; i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	assert_int_equal(mention_fits(text, "E-mail"), MENTION_NONE);
	for (size_t i = 0; i + 2 < sizeof text; i += 2)
		memcpy(text + i, "x ", 2);
	memcpy(text + 700, "mail ", 5);
	assert_int_equal(mention_fits(text, "E-mail"), MENTION_PART);
	memcpy(text + 700, "x x x", 5);
	memcpy(text + MENTION_TEXT, " mail ", 6);
	assert_int_equal(mention_fits(text, "E-mail"), MENTION_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_table), cmocka_unit_test(test_long)};

	return cmocka_run_group_tests_name("mention", tests, NULL, NULL);
}
