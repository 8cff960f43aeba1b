/* Constants of curate.text.unicode. */

#define UNICODE_SPACE 1
#define UNICODE_LETTER 16
#define UNICODE_NO_SPACE 8
#define UNICODE_LONG_FOLD 512
#define UNICODE_DIGIT 64
#define UNICODE_SEPARATOR 4
#define UNICODE_UPPER 128
#define UNICODE_LOWER 2048
#define UNICODE_STOP 8192
#define UNICODE_HIDDEN 4096
#define UNICODE_MARK 32
#define UNICODE_COMPOSES 256
#define UNICODE_PUNCTUATION 2
#define UNICODE_APOSTROPHE 1024

/* What a code point has in a table that is stored as shifts to it. */
static inline uint32_t unicode_shifted(uint32s shifts, int64_t code) {
    return (uint32_t)code + AT(shifts, code);
}
