/* Constants of curate.text.numerals. */

/* The small letter of I has no dot. */
#define NUMERALS_TURKIC 4
/* Cedillas below s and t are commas: older keyboards have no others. */
#define NUMERALS_ROMANIAN 32
/* Yo is ye: most texts leave its dots out. */
#define NUMERALS_RUSSIAN 64
/* Vowel points (Arabic harakat, Hebrew niqqud) are left out: few texts have them. */
#define NUMERALS_UNPOINTED 128
/* Numbers are not read: points and commas are breaks in them too. */
#define NUMERALS_PLAIN 16
/* Thousands are parted by commas, decimals by a point: `1,250.5`. */
#define NUMERALS_COMMA 1
/* Thousands are parted by points (or blanks), decimals by a comma: `1.250,5`. */
#define NUMERALS_DOT 2
#define NUMERALS_ENGLISH 8
