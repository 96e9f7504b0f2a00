/* usage.c - --help of the tool and of its commands, from the option table. */
#include "config.h"
#include "tools/tool-private.h"
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 80, NARROWEST = 30 };

/* Of lines: 80, or what a narrow terminal has. */
static size_t width(void)
{
    const char *columns = getenv("COLUMNS");
    long n = columns != NULL ? strtol(columns, NULL, 10) : 0;
    return n > 0 ? LEAT_MIN(LEAT_MAX((size_t)n, (size_t)NARROWEST), (size_t)WIDTH) : WIDTH;
}

/* Where the explanation of an option begins: beside it, where there is room for both. */
static size_t help_column(void)
{
    return width() < 60 ? 10 : 28;
}

/* `text` from column `at` on, broken at blanks so that lines stay below the width, the later ones indented by `indent`.
 * A blank line in the text stays one. Ends with a newline. */
static void put_wrapped(leat_buf *b, size_t at, size_t indent, const char *text)
{
    size_t most = width();
    while (*text != '\0') {
        size_t n = strcspn(text, " \n");
        if (at + n >= most && at > indent) {
            leat_buf_putc(b, '\n');
            at = 0;
        }
        if (n > 0) {
            for (; at < indent; at++)
                leat_buf_putc(b, ' ');
            leat_buf_append(b, text, n);
            at += n;
        }
        text += n;
        if (*text == '\0')
            break;
        if (text[0] == '\n' && text[1] == '\n') {
            leat_buf_puts(b, "\n\n");
            at = 0;
            text += 2;
            continue;
        }
        text++;
        if (at + 1 + strcspn(text, " \n") < most && at > 0) {
            leat_buf_putc(b, ' ');
            at++;
        } else if (at > 0) {
            leat_buf_putc(b, '\n');
            at = 0;
        }
    }
    leat_buf_putc(b, '\n');
}

/* The same of a line that was put together, which is emptied. */
static void put_line(leat_buf *b, leat_buf *line)
{
    if (line->failed)
        b->failed = true;
    else
        put_wrapped(b, 0, 0, line->data);
    leat_buf_free(line);
}

const struct leat_command *leat_command_find(const struct leat_command *const *commands, const char *name)
{
    for (; *commands != NULL; commands++)
        if (strcmp((*commands)->name, name) == 0)
            return *commands;
    return NULL;
}

void leat_usage_tool(leat_buf *b, const struct leat_command *const *commands)
{
    leat_buf_puts(b, "Usage: leat COMMAND [OPTION]...\n\n");
    put_wrapped(b, 0, 0, "Runs and trains TensorFlow 1 graphs without Python, and draws TensorBoard logs.");
    leat_buf_puts(b, "\nCommands:\n");
    for (size_t i = 0; commands[i] != NULL; i++) {
        size_t before = b->size;
        leat_buf_printf(b, "  %-10s ", commands[i]->name);
        put_wrapped(b, b->size - before, 13, commands[i]->summary);
    }
#ifndef LEAT_WITH_VIZ
    leat_buf_putc(b, '\n');
    put_wrapped(b, 0, 0,
                "This leat was built without pictures (--disable-viz): it has no plot, graph and report.");
#endif
    leat_buf_putc(b, '\n');
    put_wrapped(b, 0, 0, "`leat COMMAND --help` lists a command's options, `leat --version` the version.");
    put_wrapped(b, 0, 0, "Exit: 0 done, 1 a check failed, 2 bad input, 3 I/O error, 128+n signal n.");
}

static void put_option(leat_buf *b, const struct leat_option *o)
{
    size_t before = b->size;
    if (o->letter != '\0')
        leat_buf_printf(b, "  -%c, --%s", o->letter, o->name);
    else
        leat_buf_printf(b, "      --%s", o->name);
    if (o->kind != LEAT_OPTION_FLAG)
        leat_buf_printf(b, "=%s", o->metavar != NULL ? o->metavar : o->choices);
    size_t at = b->size - before;
    if (at + 2 > help_column()) {
        leat_buf_putc(b, '\n');
        at = 0;
    }
    leat_buf text = {0};
    leat_buf_puts(&text, o->help);
    if (o->kind == LEAT_OPTION_CHOICE && o->metavar != NULL)
        leat_buf_printf(&text, ": %s", o->choices);
    if (o->kind == LEAT_OPTION_TEXTS)
        leat_buf_puts(&text, " (may be given again)");
    if (o->required)
        leat_buf_puts(&text, " (required)");
    else if (o->initial != NULL && strcmp(o->initial, "default") != 0)
        leat_buf_printf(&text, " (default: %s)", o->initial);
    if (text.failed)
        b->failed = true;
    else
        put_wrapped(b, at, help_column(), text.data);
    leat_buf_free(&text);
}

void leat_usage_command(leat_buf *b, const struct leat_command *c)
{
    leat_buf line = {0};
    leat_buf_printf(&line, "Usage: leat %s %s%s", c->name, c->synopsis,
                    c->n_options > 0 ? " [OPTION]..." : "");
    put_line(b, &line);
    leat_buf_printf(&line, "%c%s.",
                    c->summary[0] >= 'a' && c->summary[0] <= 'z' ? c->summary[0] - 'a' + 'A' : c->summary[0],
                    c->summary + 1);
    leat_buf_putc(b, '\n');
    put_line(b, &line);
    if (c->details != NULL) {
        leat_buf_putc(b, '\n');
        put_wrapped(b, 0, 0, c->details);
    }
    static const struct leat_option help = {
        .name = "help", .letter = 'h', .kind = LEAT_OPTION_FLAG, .help = "print this and exit"};
    leat_buf_puts(b, "\nOptions:\n");
    for (size_t i = 0; i < c->n_options; i++)
        put_option(b, &c->options[i]);
    put_option(b, &help);
}
