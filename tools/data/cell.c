/* cell.c - what a field means: missing, a number, a text. */
#include "tools/data/dataset-private.h"
#include <float.h>
#include <string.h>

bool leat_cell_missing(const leat_cell *c)
{
    static const char *const words[] = {"NA", "N/A", "null", "NULL", "None"};
    if (c->text == NULL)
        return isnan(c->number);
    if (c->size == 0)
        return true;
    if (c->size > 4 || ((*c->text | 0x20) != 'n' && *c->text != '-'))
        return false;
    for (size_t i = 0; i < LEAT_LEN(words); i++)
        if (strlen(words[i]) == c->size && memcmp(words[i], c->text, c->size) == 0)
            return true;
    double value;
    return leat_number_parse(c->text, c->size, &value) && isnan(value); /* nan, NaN, -nan */
}

bool leat_cell_number(const leat_cell *c, double *value, const char **reason)
{
    *value = c->number;
    *reason = NULL;
    if (c->text != NULL && !leat_number_parse(c->text, c->size, value))
        *reason = "is no number";
    else if (isinf(*value) &&
             (c->text == NULL || memchr(c->text, 'i', c->size) || memchr(c->text, 'I', c->size)))
        *reason = "is infinite";
    else if (fabs(*value) > FLT_MAX)
        *reason = "is beyond the range of float32";
    return *reason == NULL;
}

const char *leat_cell_text(const leat_cell *c, char *buf, size_t *size)
{
    const char *text = c->text != NULL ? c->text : leat_format_f64(buf, c->number);
    *size = c->text != NULL ? c->size : strlen(buf);
    return text;
}

bool leat_cell_decimal_comma(const leat_cell *c)
{
    size_t digits = 0, commas = 0;
    for (size_t i = 0; c->text != NULL && i < c->size; i++) {
        char x = c->text[i];
        digits += x >= '0' && x <= '9';
        commas += x == ',';
        if (!(x >= '0' && x <= '9') && x != ',' && x != '.' && !(i == 0 && (x == '-' || x == '+')))
            return false;
    }
    return digits > 0 && commas > 0;
}

leat_status leat_cell_fail(const leat_data_table *t, size_t column, const char *reason)
{
    enum { SHOWN = 48 };
    char number[32];
    size_t size;
    const char *text = leat_cell_text(&t->cells[column], number, &size);
    size_t shown = LEAT_MIN(size, (size_t)SHOWN);
    while (shown < size && shown > 0 && ((unsigned char)text[shown] & 0xc0) == 0x80)
        shown--;
    return leat_data_table_fail(t, column, "'%.*s%s' %s", (int)shown, text, shown < size ? "..." : "",
                                reason);
}
