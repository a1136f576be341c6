/*
 * Which characters are one emoji, since X counts one as 2 however many they are (UTS #51
 * sequences). Called by twitter_count.c. In doubt it must not take two for one: a post
 * counted too long is shortened, one counted too short is refused.
 *
 * Pictographs come from utf8proc, so new ones need no change here. It knows neither which
 * take a skin tone or a style nor which flags there are: those stand below. What joiners join
 * is taken by its form: a list of such sequences is out of date with every Unicode, and in
 * foreign text there are none (words_neutral.c drops joiners and selectors).
 */
#include "notifiers/twitter_text.h"

#include <string.h>
#include <utf8proc.h>

#define ZWJ 0x200d
#define EMOJI_STYLE 0xfe0f /* variation selector 16 */
#define KEYCAP 0x20e3
#define REGIONAL_A 0x1f1e6
#define BLACK_FLAG 0x1f3f4
#define TAG_FIRST 0xe0020
#define TAG_LAST 0xe007e
#define TAG_END 0xe007f
#define SUBDIVISION_MAX 6 /* "gbeng"; ISO 3166-2 has no longer ones */
#define WIDE_FROM                                                                                  \
	0x1100 /* from here on what is no emoji counts 2 all the same, but for some signs */

static bool is_pictograph(int32_t c)
{
	return c >= 0xa9 &&
	       utf8proc_get_property(c)->boundclass == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

/* Emoji_Modifier_Base of Unicode 15, emoji-data.txt. */
static bool takes_skin_tone(int32_t c)
{
	static const int32_t bases[][2] = {
	    {0x261d, 0x261d},   {0x26f9, 0x26f9},   {0x270a, 0x270d},   {0x1f385, 0x1f385},
	    {0x1f3c2, 0x1f3c4}, {0x1f3c7, 0x1f3c7}, {0x1f3ca, 0x1f3cc}, {0x1f442, 0x1f443},
	    {0x1f446, 0x1f450}, {0x1f466, 0x1f478}, {0x1f47c, 0x1f47c}, {0x1f481, 0x1f483},
	    {0x1f485, 0x1f487}, {0x1f48f, 0x1f48f}, {0x1f491, 0x1f491}, {0x1f4aa, 0x1f4aa},
	    {0x1f574, 0x1f575}, {0x1f57a, 0x1f57a}, {0x1f590, 0x1f590}, {0x1f595, 0x1f596},
	    {0x1f645, 0x1f647}, {0x1f64b, 0x1f64f}, {0x1f6a3, 0x1f6a3}, {0x1f6b4, 0x1f6b6},
	    {0x1f6c0, 0x1f6c0}, {0x1f6cc, 0x1f6cc}, {0x1f90c, 0x1f90c}, {0x1f90f, 0x1f90f},
	    {0x1f918, 0x1f91f}, {0x1f926, 0x1f926}, {0x1f930, 0x1f939}, {0x1f93c, 0x1f93e},
	    {0x1f977, 0x1f977}, {0x1f9b5, 0x1f9b6}, {0x1f9b8, 0x1f9b9}, {0x1f9bb, 0x1f9bb},
	    {0x1f9cd, 0x1f9cf}, {0x1f9d1, 0x1f9dd}, {0x1fac3, 0x1fac5}, {0x1faf0, 0x1faf8},
	};

	for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
		if (c >= bases[i][0] && c <= bases[i][1])
			return true;
	return false;
}

/* The regions that have a flag, by their first letter (Unicode 15, emoji-sequences.txt). */
static bool is_flag(int32_t first, int32_t second)
{
	static const char *const flags[26] = {
	    "CDEFGILMOQRSTUWXZ",
	    "ABDEFGHIJLMNOQRSTVWYZ",
	    "ACDFGHIKLMNOPRUVWXYZ",
	    "EGJKMOZ",
	    "ACEGHRSTU",
	    "IJKMOR",
	    "ABDEFGHILMNPQRSTUWY",
	    "KMNRTU",
	    "CDELMNOQRST",
	    "EMOP",
	    "EGHIMNPRWYZ",
	    "ABCIKRSTUVY",
	    "ACDEFGHKLMNOPQRSTUVWXYZ",
	    "ACEFGILOPRUZ",
	    "M",
	    "AEFGHKLMNRSTWY",
	    "A",
	    "EOSUW",
	    "ABCDEGHIJKLMNORSTVXYZ",
	    "ACDFGHJKLMNORTVWZ",
	    "AGMNSYZ",
	    "ACEGINU",
	    "FS",
	    "K",
	    "ET",
	    "AMW",
	};

	first -= REGIONAL_A;
	second -= REGIONAL_A;
	return first >= 0 && first < 26 && second >= 0 && second < 26 &&
	       strchr(flags[first], 'A' + second);
}

/* Has it a style to select? The others are drawn as an emoji at any rate, and twitter-text
 * counts the selector behind them as an emoji of its own. */
static bool has_styles(int32_t c)
{
	static const int32_t without[][2] = {
	    {0x23e9, 0x23ec}, {0x23f0, 0x23f0}, {0x23f3, 0x23f3}, {0x267e, 0x267e},
	    {0x26ce, 0x26ce}, {0x2705, 0x2705}, {0x2728, 0x2728}, {0x274c, 0x274c},
	    {0x274e, 0x274e}, {0x2753, 0x2755}, {0x2795, 0x2797}, {0x27b0, 0x27b0},
	    {0x27bf, 0x27bf},
	};

	for (size_t i = 0; i < sizeof without / sizeof *without; i++)
		if (c >= without[i][0] && c <= without[i][1])
			return false;
	return c < 0x10000 || utf8proc_charwidth(c) < 2;
}

static size_t flag_of_tags(const int32_t *at, size_t n)
{
	size_t end = 1;

	while (end < n && end <= SUBDIVISION_MAX && at[end] >= TAG_FIRST && at[end] <= TAG_LAST)
		end++;
	return end > 1 && end < n && at[end] == TAG_END ? end + 1 : 0;
}

/* What joiners join. */
static size_t element(const int32_t *at, size_t n)
{
	bool is_styled = n > 1 && at[1] == EMOJI_STYLE && has_styles(*at);
	size_t length = is_styled ? 2 : 1;

	if (!is_pictograph(*at) || (*at < WIDE_FROM && !is_styled))
		return 0;
	if (length < n && at[length] >= 0x1f3fb && at[length] <= 0x1f3ff && takes_skin_tone(*at))
		length++;
	return length;
}

/* A sign of text that nothing makes an emoji is joined with nothing. */
static bool may_join(const int32_t *at, size_t length)
{
	return length && (*at >= 0x10000 || length > 1);
}

size_t twitter_emoji(const int32_t *at, size_t n)
{
	size_t length, next;

	if (twitter_is_digit(*at) || twitter_is_one_of(*at, "#*")) {
		length = n > 1 && at[1] == EMOJI_STYLE ? 2 : 1;
		return length < n && at[length] == KEYCAP ? length + 1 : 0;
	}
	if (n > 1 && is_flag(at[0], at[1]))
		return 2;
	if (*at == BLACK_FLAG && (length = flag_of_tags(at, n)))
		return length;
	length = element(at, n);
	if (!may_join(at, length))
		return length;
	while (length + 1 < n && at[length] == ZWJ) {
		next = element(at + length + 1, n - length - 1);
		if (!may_join(at + length + 1, next))
			break;
		length += 1 + next;
	}
	return length;
}
