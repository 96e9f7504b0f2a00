/* tool-private.h - what every subcommand of `leat` stands on: options from one table, output, errors, signals,
 * progress. How to add a subcommand:
 *
 *     struct count_args {
 *         const char *out;
 *         int64_t steps;
 *         bool json;
 *     };
 *     static const struct leat_option options[] = {
 *         {"output", 'o', "FILE", LEAT_BIND_FILE(struct count_args, out), .help = "write there, not to the terminal"},
 *         {"steps", 0, "N", LEAT_BIND_INT(struct count_args, steps, 1, INT64_MAX), .initial = "10", .help = "..."},
 *         {"json", 0, NULL, LEAT_BIND_FLAG(struct count_args, json), .help = "print JSON"},
 *     };
 *     static int run(leat_tool *t, const void *values)
 *     {
 *         const struct count_args *a = values;
 *         leat_status st = count(t->operands.items[0], a->steps);
 *         return st == LEAT_OK ? LEAT_EXIT_OK : leat_tool_fail(t, st);
 *     }
 *     const struct leat_command leat_command_count =
 *         LEAT_COMMAND("count", "GRAPH", "count the nodes of a graph", .min_operands = 1, .max_operands = 1,
 *                      LEAT_OPTIONS(options, struct count_args), .run = run);
 *
 * in tools/count.c, and that file's name in leat_COMMANDS of Makefile.am. build-aux/scan-commands.awk finds the
 * descriptor; parsing, --help, the man page and the shells' completions follow from it. */
#ifndef LEAT_TOOL_PRIVATE_H
#define LEAT_TOOL_PRIVATE_H

#include "base/base-private.h"

/* Exit codes of the tool; a command stopped by signal n ends with LEAT_EXIT_SIGNAL + n. */
enum {
    LEAT_EXIT_OK = 0,
    LEAT_EXIT_CHECK_FAILED = 1,
    LEAT_EXIT_BAD_INPUT = 2,
    LEAT_EXIT_IO = 3,
    LEAT_EXIT_SIGNAL = 128
};

/* ---- the option table ---- */

typedef enum leat_option_kind {
    LEAT_OPTION_FLAG,   /* bool; takes no value */
    LEAT_OPTION_TEXT,   /* const char *, as given */
    LEAT_OPTION_FILE,   /* the same, a file's name: the shells complete it */
    LEAT_OPTION_DIR,    /* the same, a directory's name */
    LEAT_OPTION_INT,    /* int64_t within [int_min, int_max] */
    LEAT_OPTION_FLOAT,  /* finite double within float_min and float_max */
    LEAT_OPTION_CHOICE, /* int: index into `choices` */
    LEAT_OPTION_TEXTS,  /* leat_texts: may be given again and again */
} leat_option_kind;

/* Texts in the order given; they point into argv. */
typedef struct leat_texts {
    const char **items;
    size_t count, capacity;
} leat_texts;

struct leat_option {
    const char *name;    /* without the dashes */
    char letter;         /* short form, 0: none */
    const char *metavar; /* NULL for a flag, and for a choice to show its words */
    leat_option_kind kind;
    size_t offset; /* of the value in the command's struct: write kind, offset and range as LEAT_BIND_... */
    int64_t int_min, int_max;
    double float_min, float_max;
    bool float_open;     /* the range excludes its ends */
    const char *choices; /* "sgd|momentum|adam" */
    bool required;
    const char *initial; /* the default as a user would write it; NULL: zero, NULL or false */
    const char *help;    /* a phrase, no capital, no full stop */
};

/* A field of the wrong type does not compile. */
#define LEAT_BIND_(type_, field_, want_)                                                                     \
    .offset = offsetof(type_, field_) + 0 * sizeof(_Generic(((type_ *)0)->field_, want_ : 0))
#define LEAT_BIND_FLAG(type_, field_) .kind = LEAT_OPTION_FLAG, LEAT_BIND_(type_, field_, bool)
#define LEAT_BIND_TEXT(type_, field_) .kind = LEAT_OPTION_TEXT, LEAT_BIND_(type_, field_, const char *)
#define LEAT_BIND_FILE(type_, field_) .kind = LEAT_OPTION_FILE, LEAT_BIND_(type_, field_, const char *)
#define LEAT_BIND_DIR(type_, field_) .kind = LEAT_OPTION_DIR, LEAT_BIND_(type_, field_, const char *)
#define LEAT_BIND_TEXTS(type_, field_) .kind = LEAT_OPTION_TEXTS, LEAT_BIND_(type_, field_, leat_texts)
#define LEAT_BIND_INT(type_, field_, min_, max_)                                                             \
    .kind = LEAT_OPTION_INT, .int_min = (min_), .int_max = (max_), LEAT_BIND_(type_, field_, int64_t)
#define LEAT_BIND_FLOAT(type_, field_, min_, max_)                                                           \
    .kind = LEAT_OPTION_FLOAT, .float_min = (min_), .float_max = (max_), LEAT_BIND_(type_, field_, double)
/* min < value < max */
#define LEAT_BIND_FLOAT_OPEN(type_, field_, min_, max_)                                                      \
    .float_open = true, LEAT_BIND_FLOAT(type_, field_, min_, max_)
#define LEAT_BIND_CHOICE(type_, field_, choices_)                                                            \
    .kind = LEAT_OPTION_CHOICE, .choices = (choices_), LEAT_BIND_(type_, field_, int)

typedef struct leat_tool leat_tool;

struct leat_command {
    const char *name;
    const char *synopsis; /* what follows the name in the usage line, without the optional options */
    const char *summary;  /* a phrase, no capital, no full stop */
    const char *details;  /* paragraphs for --help and the man page, separated by blank lines; may be NULL */
    size_t min_operands, max_operands; /* max SIZE_MAX: any number */
    const struct leat_option *options;
    size_t n_options;
    size_t values_size; /* of the struct that the options are bound to */
    bool reads_logs;    /* holds much for a short time: what it frees goes back to the system at once */
    /* Returns an exit code. `values` and the operands live until it returns. */
    int (*run)(leat_tool *t, const void *values);
};
#define LEAT_COMMAND(name_, synopsis_, summary_, ...)                                                        \
    {                                                                                                        \
        .name = (name_), .synopsis = (synopsis_), .summary = (summary_), __VA_ARGS__                         \
    }
#define LEAT_OPTIONS(array_, type_)                                                                          \
    .options = (array_), .n_options = LEAT_LEN(array_), .values_size = sizeof(type_)

/* Every command in the order of Makefile.am, ends with NULL. Written by build-aux/scan-commands.awk. */
extern const struct leat_command *const leat_commands[];

/* ---- what a command is run with ---- */

struct leat_tool {
    const struct leat_command *const *commands; /* the table that this command is from */
    const struct leat_command *command;
    leat_texts operands;
    bool *given;               /* by index of command->options */
    leat_buf output;           /* not yet written to standard output */
    leat_status output_status; /* the first failure of standard output; sticky */
    bool output_terminal, error_terminal;
    int terminal_width;    /* of standard error; 80 where unknown */
    size_t progress_width; /* columns of the progress line now on the terminal, 0: none */
};

/* Was the option given on the command line (and not left at its default)? */
bool leat_given(const leat_tool *t, const char *option);

/* Standard output. Buffered; what fails is remembered, reported once at the end and makes the exit code 3. A long
 * command may look at t->output_status and stop early. */
void leat_print(leat_tool *t, const char *format, ...) LEAT_PRINTF(2, 3);
void leat_print_bytes(leat_tool *t, const void *bytes, size_t n);
leat_status leat_print_sink(void *tool, const void *bytes, size_t n); /* the same, as a leat_export_sink */
leat_status leat_print_flush(leat_tool *t);

/* Standard error: one line `leat: ...`, after what was printed so far. Control characters of names come out
 * escaped. */
void leat_tool_warn(leat_tool *t, const char *format, ...) LEAT_PRINTF(2, 3);
/* Prints leat_message() (or the text of the status) so, and returns the exit code that the status stands for. */
int leat_tool_fail(leat_tool *t, leat_status status);
/* The exit code of a command that ends so: of the signal that stopped it, of the failure, which is printed, or 0. */
int leat_tool_end(leat_tool *t, leat_status status);
int leat_exit_code(leat_status status);

/* The library's log call-back: warnings to standard error. Touches no leat_tool: any thread may call it. */
void leat_tool_log(void *user, leat_log_level level, const char *text);

/* The whole tool: parses, runs, flushes; returns the exit code. */
int leat_tool_main(int argc, char **argv, const struct leat_command *const *commands);

/* ---- parsing ---- */

/* Fills `values` (command->values_size bytes), t->operands and t->given from the words after the command's name.
 * LEAT_ERR_INVALID_ARGUMENT names the option and says why. *want_help: --help or -h was met first; nothing else
 * is then filled. Free with leat_options_free whatever the result. */
leat_status leat_options_parse(leat_tool *t, const struct leat_command *command, int argc, char **argv,
                               void *values, bool *want_help) LEAT_MUST_CHECK;
void leat_options_free(leat_tool *t, const struct leat_command *command, void *values);

/* Splits "a|b|c": the i-th word, or NULL; *n is its length. */

/* ---- texts made from the table (append to a buffer, which keeps the first failure) ---- */

void leat_usage_tool(leat_buf *b, const struct leat_command *const *commands);
void leat_usage_command(leat_buf *b, const struct leat_command *command);
void leat_manual(leat_buf *b, const struct leat_command *const *commands);
void leat_completion_bash(leat_buf *b, const struct leat_command *const *commands);
void leat_completion_zsh(leat_buf *b, const struct leat_command *const *commands);
const struct leat_command *leat_command_find(const struct leat_command *const *commands, const char *name);

/* ---- signals ---- */

/* From here on SIGINT, SIGTERM and, unless it is ignored, SIGHUP only set a flag: finish the step, save, and return
 * LEAT_EXIT_SIGNAL + n.
 * `on_signal` (may be NULL; async-signal-safe, such as leat_cancel through a wrapper) is called in the handler.
 * A second signal ends the process at once. */
void leat_signals_catch(void (*on_signal)(void *user), void *user);
/* The signal that came, or 0. */
int leat_signals_caught(void);

/* ---- progress of long work, on standard error ---- */

typedef struct leat_progress {
    leat_tool *tool;
    const char *unit;     /* "epoch", "step", "row" */
    int64_t first, total; /* where this process began (a resumed run does not start at 0); total 0: unknown */
    double start, shown;  /* leat_now() */
} leat_progress;

/* On a terminal one line is redrawn (no escape sequences, only a carriage return); elsewhere a plain line comes every
 * 30 seconds. Rate and time left are in both. */
void leat_progress_begin(leat_progress *p, leat_tool *t, const char *unit, int64_t first, int64_t total);
/* `done` of `total`; the formatted text (may be NULL) says more, such as the loss. Cheap when there is nothing to
 * draw: call it every step. */
void leat_progress_at(leat_progress *p, int64_t done, const char *format, ...) LEAT_PRINTF(3, 4);
/* For leat_data_options.progress; `user` is a leat_progress whose `tool` is set. */
void leat_progress_bytes(void *user, const char *what, uint64_t done, uint64_t total);
/* A line that stays, in the log and above the progress line. */
void leat_progress_line(leat_progress *p, const char *format, ...) LEAT_PRINTF(2, 3);
void leat_progress_end(leat_progress *p);

#endif
