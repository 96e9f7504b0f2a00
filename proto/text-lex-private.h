/* text-lex-private.h - the words of protobuf's text format. */
#ifndef LEAT_TEXT_LEX_PRIVATE_H
#define LEAT_TEXT_LEX_PRIVATE_H

#include "text-private.h"

typedef struct leat_lexer {
    const char *at, *end;
    const char *line_start;
    uint32_t line;
    const char *origin;
} leat_lexer;

/* Skips blanks and comments; false at the end of the text. */
bool leat_lex_skip(leat_lexer *l);
/* Skips blanks, and takes the character if it comes next. */
bool leat_lex_take(leat_lexer *l, char c);
/* A name, number or keyword: letters, digits, '_', '.', and the sign of an exponent. size 0: none begins here. Blanks before it
 * are skipped. */
leat_bytes leat_lex_word(leat_lexer *l);
/* The type_url of an Any, after its '[', with the ']'; false: the ']' is missing. */
bool leat_lex_type_url(leat_lexer *l, leat_bytes *url);
/* "ORIGIN:LINE:COLUMN: reason"; `at` stands on the current line. */
leat_status leat_lex_fail(const leat_lexer *l, const char *at, const char *format, ...) LEAT_PRINTF(3, 4);
/* "A number was expected, not 'x'": names what comes next. */
leat_status leat_lex_unexpected(leat_lexer *l, const char *wanted);

/* Values of a type: each reports what is wrong with it. */
leat_status leat_lex_number(leat_lexer *l, const leat_proto_field *f, uint64_t *bits) LEAT_MUST_CHECK;
/* Adjacent literals, joined and without their escapes, appended. */
leat_status leat_lex_string(leat_lexer *l, leat_buf *out) LEAT_MUST_CHECK;

#endif
