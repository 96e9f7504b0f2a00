/* manual.c - the man page, from the option table. */
#include "config.h"
#include "tools/tool-private.h"
#include <string.h>

/* Text with what troff would take for itself escaped; a blank line starts a paragraph. */
static void put_troff(leat_buf *b, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        bool line_start = c == text || c[-1] == '\n';
        if (line_start && (*c == '.' || *c == '\''))
            leat_buf_puts(b, "\\&");
        if (*c == '\\')
            leat_buf_puts(b, "\\e");
        else if (*c == '-')
            leat_buf_puts(b, "\\-");
        else if (c[0] == '\n' && c[1] == '\n')
            leat_buf_puts(b, "\n.PP\n"), c++;
        else
            leat_buf_putc(b, *c);
    }
}

static void put_option(leat_buf *b, const struct leat_option *o)
{
    leat_buf_puts(b, ".TP\n\\fB");
    if (o->letter != '\0')
        leat_buf_printf(b, "\\-%c\\fR, \\fB", o->letter);
    leat_buf_puts(b, "\\-\\-");
    put_troff(b, o->name);
    leat_buf_puts(b, "\\fR");
    if (o->kind != LEAT_OPTION_FLAG) {
        leat_buf_puts(b, "=\\fI");
        put_troff(b, o->metavar != NULL ? o->metavar : o->choices);
        leat_buf_puts(b, "\\fR");
    }
    leat_buf_putc(b, '\n');
    put_troff(b, o->help);
    if (o->kind == LEAT_OPTION_CHOICE && o->metavar != NULL) {
        leat_buf_puts(b, ": ");
        put_troff(b, o->choices);
    }
    if (o->kind == LEAT_OPTION_TEXTS)
        leat_buf_puts(b, " (may be given again)");
    if (o->required) {
        leat_buf_puts(b, " (required)");
    } else if (o->initial != NULL && strcmp(o->initial, "default") != 0) {
        leat_buf_puts(b, " (default: ");
        put_troff(b, o->initial);
        leat_buf_putc(b, ')');
    }
    leat_buf_putc(b, '\n');
}

static void put_command(leat_buf *b, const struct leat_command *c)
{
    leat_buf_puts(b, ".SS leat ");
    put_troff(b, c->name);
    leat_buf_putc(b, ' ');
    put_troff(b, c->synopsis);
    leat_buf_putc(b, '\n');
    put_troff(b, c->summary);
    leat_buf_puts(b, ".\n");
    if (c->details != NULL) {
        leat_buf_puts(b, ".PP\n");
        put_troff(b, c->details);
        leat_buf_putc(b, '\n');
    }
    for (size_t i = 0; i < c->n_options; i++)
        put_option(b, &c->options[i]);
}

static const struct {
    const char *command, *what;
} examples[] = {
    {"leat train houses.csv --target price --validation 0.2 --standardize",
     "trains a linear model, into runs/"},
    {"leat predict runs/run-20260101120000 new.csv -o prices.csv", "predicts with it"},
    {"leat plot runs -o curves.svg", "draws the losses of all runs"},
    {"leat report runs -o report.html", "puts all that was logged into one file"},
    {"leat run model.meta --restore model.ckpt-100 --feed x:0=x.npy --fetch y:0=y.npy",
     "runs a graph that TensorFlow saved"},
};

void leat_manual(leat_buf *b, const struct leat_command *const *commands)
{
    leat_buf_printf(
        b,
        ".TH LEAT 1 \"\" \"Leat %s\" \"User Commands\"\n"
        ".SH NAME\n"
        "leat \\- run and train TensorFlow 1 graphs without Python, and draw TensorBoard logs\n"
        ".SH SYNOPSIS\n"
        ".B leat\n\\fICOMMAND\\fR [\\fIOPTION\\fR]...\n.br\n"
        ".B leat\n\\fB\\-\\-help\\fR | \\fB\\-\\-version\\fR\n"
        ".SH DESCRIPTION\n"
        "An option is written \\fB\\-\\-name=value\\fR or \\fB\\-\\-name value\\fR and, unless it says\n"
        "otherwise, given once; \\fB\\-\\-\\fR ends the options. \\fB\\-\\-help\\fR after a command "
        "lists its options.\n"
        "Results go to standard output, progress and one line per error to standard error. Where these are\n"
        "no terminal, there is no carriage return and no escape sequence in them.\n"
        ".SH COMMANDS\n",
        PACKAGE_VERSION);
    for (size_t i = 0; commands[i] != NULL; i++)
        put_command(b, commands[i]);
    leat_buf_puts(b, ".SH EXIT STATUS\n"
                     ".TP\n.B 0\ndone\n"
                     ".TP\n.B 1\na check failed (a difference was found, a checksum is wrong)\n"
                     ".TP\n.B 2\nbad input: options, data, graphs or files that are absent or malformed\n"
                     ".TP\n.B 3\ninput/output error, out of memory\n"
                     ".TP\n.B 128+n\nstopped by signal n, after saving; a second signal does not wait\n"
                     ".SH ENVIRONMENT\n"
                     ".TP\n.B COLUMNS\nthe width of \\-\\-help, where it is less than 80\n"
                     ".TP\n.B OMP_WAIT_POLICY, GOMP_SPINCOUNT\nhow long threads wait for work on their CPU\n"
                     ".SH EXAMPLES\n");
    for (size_t i = 0; i < LEAT_LEN(examples); i++) {
        leat_buf_puts(b, ".TP\n\\fB");
        put_troff(b, examples[i].command);
        leat_buf_puts(b, "\\fR\n");
        put_troff(b, examples[i].what);
        leat_buf_putc(b, '\n');
    }
    leat_buf_puts(
        b,
        ".SH SEE ALSO\n"
        "For the library: the headers leat.h and leat/*.h, and api.md (threads, ownership) and ops.md (all ops)\n"
        "among the installed documents, in share/doc/leat.\n");
}
