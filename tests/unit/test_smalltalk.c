/*
 * What says nothing, and which reports are alike: two tables, in four languages. Run by the unit suite.
 */
#include "agent/smalltalk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct smalltalk *smalltalk;

static const struct {
	const char *text;
	enum smalltalk_sense sense;
} senses[] = {
    {"", SMALLTALK_WORDLESS},
    {"👍", SMALLTALK_WORDLESS},
    {"👍🏽 ❤️ 👩‍🚒", SMALLTALK_WORDLESS},
    {"!!!", SMALLTALK_WORDLESS},
    {"https://example.org/my-mail-is-down?a=b", SMALLTALK_WORDLESS},
    {"www.example.org", SMALLTALK_WORDLESS},
    {"@status@social.example .@dora\n@emil", SMALLTALK_WORDLESS},
    {"thanks!", SMALLTALK_COURTESY},
    {"Thanks 🎉 https://example.org", SMALLTALK_COURTESY},
    {"@status ok", SMALLTALK_COURTESY},
    {"THANK YOU SO MUCH!!", SMALLTALK_COURTESY},
    {"Thanks a lot, and have a nice day :-D", SMALLTALK_COURTESY},
    {"You're welcome", SMALLTALK_COURTESY},
    {"you’re welcome", SMALLTALK_COURTESY},
    {"ok <3", SMALLTALK_COURTESY},
    {"Danke schön", SMALLTALK_COURTESY},
    {"danke schon", SMALLTALK_COURTESY},
    {"Vielen Dank, liebe Grüße", SMALLTALK_COURTESY},
    {"Guten Morgen zusammen", SMALLTALK_COURTESY},
    {"Merci à vous !", SMALLTALK_COURTESY},
    {"d'accord, merci", SMALLTALK_COURTESY},
    {"¡Muchas gracias, equipo!", SMALLTALK_COURTESY},
    {"sí, vale", SMALLTALK_COURTESY},
    {"hello?", SMALLTALK_SAYS},
    {"ok?", SMALLTALK_SAYS},
    {"thanks for nothing", SMALLTALK_SAYS},
    {"thanks, but my mail is gone", SMALLTALK_SAYS},
    {"danke, geht aber nicht", SMALLTALK_SAYS},
    {"not good", SMALLTALK_SAYS},
    {"nicht gut", SMALLTALK_SAYS},
    {"no works", SMALLTALK_SAYS},
    {"down", SMALLTALK_SAYS},
    {"E-mail", SMALLTALK_SAYS},
    {"404", SMALLTALK_SAYS},
    {"mail@example.org does not work", SMALLTALK_SAYS},
    {"see https://example.org", SMALLTALK_SAYS},
    {"почта", SMALLTALK_SAYS},
    {"断", SMALLTALK_SAYS},
    {"\xff\xfe thanks", SMALLTALK_SAYS},
};

static const struct {
	const char *a, *b;
	bool is_alike;
} pairs[] = {
    {"since this morning no mail reaches me", "my phone is dead since this morning", false},
    {"my phone does not work", "my invoice does not work", false},
    {"please help, nothing works here", "please help, nothing works today", false},
    {"mein Telefon geht seit heute nicht mehr", "mein Router geht seit heute nicht mehr", false},
    {"depuis hier le téléphone ne marche plus", "depuis hier la messagerie ne marche plus", false},
    {"desde ayer no funciona el correo", "desde ayer no funciona la impresora", false},
    {"my phone does not work", "the phone is dead", false},
    {"my phone does not work", "the PHONE is broken again", true},
    {"no mail reaches me from outside", "mail does not reach outside, it reaches nobody", true},
    {"the login page is white", "white page behind the login", true},
    {"die Webseite der Bibliothek lädt nicht", "Bibliothek: Webseite weg", true},
    {"cannot reach the VPN", "is our VPN gone?", true},
    {"CANNOT REACH IT", "CANNOT READ IT", false},
    {"web2 hangs", "something is odd with web2 since noon", true},
    {"anybody else? #EMail", "#EMail hangs since noon", true},
    {"404", "404", false},
    {"", "", false},
    {"hello there", "hello there", false},
};

static void test_senses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof senses / sizeof *senses; i++)
		if (smalltalk_sense(smalltalk, senses[i].text) != senses[i].sense)
			fail_msg("\"%s\": %d, not %d", senses[i].text, (int)smalltalk_sense(smalltalk, senses[i].text),
				 (int)senses[i].sense);
}

static void test_pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		if (smalltalk_is_alike(smalltalk, pairs[i].a, pairs[i].b) != pairs[i].is_alike ||
		    smalltalk_is_alike(smalltalk, pairs[i].b, pairs[i].a) != pairs[i].is_alike)
			fail_msg("\"%s\" and \"%s\": not %d", pairs[i].a, pairs[i].b, pairs[i].is_alike);
}

static int setup(void **state)
{
	struct err err = {""};

	(void)state;
	smalltalk = smalltalk_create(&err);
	if (!smalltalk)
		print_error("%s\n", err.text);
	return smalltalk ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	smalltalk_destroy(smalltalk);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_senses), cmocka_unit_test(test_pairs)};

	return cmocka_run_group_tests_name("smalltalk", tests, setup, teardown);
}
