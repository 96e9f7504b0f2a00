/* options.c - the words of a command line into a command's struct, strictly: unknown options, options given twice,
 * numbers out of range or with junk behind them are refused, and nothing is abbreviated or guessed. */
#include "tools/tool-private.h"
#include <math.h>
#include <string.h>

bool leat_given(const leat_tool *t, const char *option)
{
    for (size_t i = 0; i < t->command->n_options; i++)
        if (strcmp(t->command->options[i].name, option) == 0)
            return t->given[i];
    return false;
}

static const char *choice_at(const char *choices, size_t i, size_t *n)
{
    for (; i > 0; i--) {
        choices = strchr(choices, '|');
        if (choices == NULL)
            return NULL;
        choices++;
    }
    *n = strcspn(choices, "|");
    return choices;
}

static leat_status texts_add(leat_texts *t, const char *text)
{
    LEAT_TRY(leat_grow(&t->items, &t->capacity, t->count + 1, sizeof *t->items));
    t->items[t->count++] = text;
    return LEAT_OK;
}

static leat_status set_int(const struct leat_option *o, const char *text, int64_t *to)
{
    int64_t value;
    if (!leat_parse_i64(text, &value))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "--%s: '%s' is not a whole number", o->name, text);
    if (value < o->int_min && o->int_max == INT64_MAX)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "--%s: %s is less than %lld", o->name, text,
                         (long long)o->int_min);
    if (value < o->int_min || value > o->int_max)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "--%s: %s is not within %lld and %lld", o->name, text,
                         (long long)o->int_min, (long long)o->int_max);
    *to = value;
    return LEAT_OK;
}

static leat_status set_float(const struct leat_option *o, const char *text, double *to)
{
    double value;
    char low[32], high[32];
    if (!leat_parse_f64(text, &value) || !isfinite(value))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "--%s: '%s' is not a number", o->name, text);
    bool below = o->float_open ? value <= o->float_min : value < o->float_min;
    bool above = o->float_open ? value >= o->float_max : value > o->float_max;
    if (below && o->float_max == INFINITY)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "--%s: %s is not %s %s", o->name, text,
                         o->float_open ? "above" : "at least", leat_format_f64(low, o->float_min));
    if (below || above)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "--%s: %s is not %s %s and %s", o->name, text,
                         o->float_open ? "between" : "within", leat_format_f64(low, o->float_min),
                         leat_format_f64(high, o->float_max));
    *to = value;
    return LEAT_OK;
}

static leat_status set_choice(const struct leat_option *o, const char *text, int *to)
{
    size_t n;
    const char *word;
    for (size_t i = 0; (word = choice_at(o->choices, i, &n)) != NULL; i++)
        if (strlen(text) == n && memcmp(word, text, n) == 0) {
            *to = (int)i;
            return LEAT_OK;
        }
    return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "--%s: '%s' is none of %s", o->name, text, o->choices);
}

static leat_status set_value(const struct leat_option *o, const char *text, char *values)
{
    void *to = values + o->offset;
    switch (o->kind) {
    case LEAT_OPTION_FLAG: *(bool *)to = true; return LEAT_OK;
    case LEAT_OPTION_INT: return set_int(o, text, to);
    case LEAT_OPTION_FLOAT: return set_float(o, text, to);
    case LEAT_OPTION_CHOICE: return set_choice(o, text, to);
    case LEAT_OPTION_TEXTS: return texts_add(to, text);
    case LEAT_OPTION_FILE:
    case LEAT_OPTION_DIR:
        if (*text == '\0')
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "--%s: the name is empty", o->name);
        *(const char **)to = text;
        return LEAT_OK;
    case LEAT_OPTION_TEXT: *(const char **)to = text; return LEAT_OK;
    }
    return leat_fail(LEAT_ERR_INTERNAL, "--%s has no kind", o->name);
}

/* The words still to be read. */
struct words {
    int argc, at;
    char **argv;
};

/* Sets option i, whose value is `value`, or the next word where that is NULL. */
static leat_status take_option(leat_tool *t, size_t i, const char *value, struct words *w, char *values)
{
    const struct leat_option *o = &t->command->options[i];
    if (t->given[i] && o->kind != LEAT_OPTION_TEXTS)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "--%s is given twice", o->name);
    t->given[i] = true;
    if (o->kind == LEAT_OPTION_FLAG && value != NULL)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "--%s takes no value", o->name);
    if (o->kind != LEAT_OPTION_FLAG && value == NULL) {
        if (w->at == w->argc)
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "--%s wants a value", o->name);
        value = w->argv[w->at];
        /* More likely a forgotten value than a value with two dashes. */
        if (strncmp(value, "--", 2) == 0)
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "--%s wants a value (--%s=%s if that is it)", o->name,
                             o->name, value);
        w->at++;
    }
    return set_value(o, value, values);
}

static leat_status unknown_option(const struct leat_command *c, const char *word, const char *name, size_t n)
{
    char *typed = leat_strndup(name, n);
    if (typed == NULL)
        return leat_fail_memory(n);
    leat_nearest near = {.word = typed};
    for (size_t i = 0; i < c->n_options; i++)
        leat_nearest_offer(&near, c->options[i].name);
    leat_nearest_offer(&near, "help");
    leat_status st = near.best != NULL && word[1] == '-'
                         ? leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: unknown option --%s; did you mean --%s?",
                                     c->name, typed, near.best)
                         : leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: unknown option %s", c->name, word);
    leat_free(typed);
    return st;
}

static leat_status take_word(leat_tool *t, struct words *w, char *values)
{
    const struct leat_command *c = t->command;
    const char *word = w->argv[w->at++];
    if (word[1] == '-') {
        const char *name = word + 2;
        size_t n = strcspn(name, "=");
        for (size_t i = 0; i < c->n_options; i++)
            if (strlen(c->options[i].name) == n && memcmp(c->options[i].name, name, n) == 0)
                return take_option(t, i, name[n] == '=' ? name + n + 1 : NULL, w, values);
        return unknown_option(c, word, name, n);
    }
    for (size_t i = 0; i < c->n_options; i++)
        if (c->options[i].letter != '\0' && c->options[i].letter == word[1])
            return take_option(t, i, word[2] != '\0' ? word + 2 : NULL, w, values);
    return unknown_option(c, word, word + 1, 1);
}

static leat_status set_defaults(const struct leat_command *c, char *values)
{
    memset(values, 0, c->values_size);
    for (size_t i = 0; i < c->n_options; i++)
        if (c->options[i].initial != NULL)
            LEAT_TRY(set_value(&c->options[i], c->options[i].initial, values));
    return LEAT_OK;
}

static leat_status check_complete(const leat_tool *t)
{
    const struct leat_command *c = t->command;
    for (size_t i = 0; i < c->n_options; i++)
        if (c->options[i].required && !t->given[i])
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: --%s is missing (leat %s %s)", c->name,
                             c->options[i].name, c->name, c->synopsis);
    if (t->operands.count < c->min_operands)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: an operand is missing (leat %s %s)", c->name,
                         c->name, c->synopsis);
    if (t->operands.count > c->max_operands)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: '%s' is one operand too many (leat %s %s)", c->name,
                         t->operands.items[c->max_operands], c->name, c->synopsis);
    return LEAT_OK;
}

leat_status leat_options_parse(leat_tool *t, const struct leat_command *command, int argc, char **argv,
                               void *values, bool *want_help)
{
    t->command = command;
    t->operands = (leat_texts){0};
    *want_help = false;
    LEAT_TRY(set_defaults(command, values));
    t->given = leat_alloc_zero(command->n_options + 1, sizeof *t->given);
    if (t->given == NULL)
        return leat_fail_memory(command->n_options + 1);
    bool options_end = false;
    for (struct words w = {argc, 0, argv}; w.at < w.argc;) {
        const char *word = w.argv[w.at];
        if (options_end || word[0] != '-' || word[1] == '\0') {
            LEAT_TRY(texts_add(&t->operands, word));
            w.at++;
        } else if (strcmp(word, "--") == 0) {
            options_end = true;
            w.at++;
        } else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            *want_help = true;
            return LEAT_OK;
        } else {
            LEAT_TRY(take_word(t, &w, values));
        }
    }
    return check_complete(t);
}

void leat_options_free(leat_tool *t, const struct leat_command *command, void *values)
{
    for (size_t i = 0; values != NULL && i < command->n_options; i++)
        if (command->options[i].kind == LEAT_OPTION_TEXTS)
            leat_free(((leat_texts *)((char *)values + command->options[i].offset))->items);
    leat_free(t->operands.items);
    leat_free(t->given);
    t->operands = (leat_texts){0};
    t->given = NULL;
}
