/* test-tool.c - the option table: parsing, the texts made from it, exit codes, and what standard output does. */
#include "base/base-private.h"
#include "check.h"
#include "faults.h"
#include "tools/tool-private.h"
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct sample_args {
    const char *target, *out, *logdir;
    int64_t steps;
    double rate, fraction;
    bool json;
    int color;
    leat_texts feeds;
};

static const struct leat_option sample_options[] = {
    {"target", 0, "COLUMN", LEAT_BIND_TEXT(struct sample_args, target), .required = true,
     .help = "it's [the] column"},
    {"output", 'o', "FILE", LEAT_BIND_FILE(struct sample_args, out), .help = "where to"},
    {"logdir", 0, "DIR", LEAT_BIND_DIR(struct sample_args, logdir), .initial = "runs", .help = "root"},
    {"steps", 0, "N", LEAT_BIND_INT(struct sample_args, steps, 1, INT64_MAX), .initial = "10",
     .help = "how often"},
    {"rate", 0, "F", LEAT_BIND_FLOAT_OPEN(struct sample_args, rate, 0, INFINITY), .initial = "0.5",
     .help = "how fast"},
    {"fraction", 0, "F", LEAT_BIND_FLOAT(struct sample_args, fraction, 0, 1), .help = "how much"},
    {"json", 0, NULL, LEAT_BIND_FLAG(struct sample_args, json), .help = "as JSON"},
    {"color", 'c', NULL, LEAT_BIND_CHOICE(struct sample_args, color, "device|time|memory"), .initial = "time",
     .help = "by what"},
    {"feed", 0, "NAME=FILE", LEAT_BIND_TEXTS(struct sample_args, feeds), .help = "a feed"},
};

/* Prints what it was given: the tests compare that. With the operand "long" it prints a megabyte. */
static int run_sample(leat_tool *t, const void *values)
{
    const struct sample_args *a = values;
    char rate[32], fraction[32];
    for (size_t i = 0; i < t->operands.count; i++) {
        if (strcmp(t->operands.items[i], "long") == 0)
            for (int k = 0; k < 20000; k++)
                leat_print(t, "%060d\n", k);
        if (strcmp(t->operands.items[i], "absent") == 0)
            return leat_tool_fail(t, leat_fail(LEAT_ERR_NOT_FOUND, "no \033[31m'absent'"));
        leat_print(t, "operand %s\n", t->operands.items[i]);
    }
    leat_print(t, "target %s out %s logdir %s steps %lld rate %s fraction %s json %d color %d%s", a->target,
               a->out ? a->out : "-", a->logdir, (long long)a->steps, leat_format_f64(rate, a->rate),
               leat_format_f64(fraction, a->fraction), a->json, a->color,
               leat_given(t, "steps") ? " given" : "");
    for (size_t i = 0; i < a->feeds.count; i++)
        leat_print(t, " feed %s", a->feeds.items[i]);
    leat_print(t, "\n");
    return LEAT_EXIT_OK;
}

static const struct leat_command sample_command =
    LEAT_COMMAND("sample", "DATA --target COLUMN", "show what was parsed", .max_operands = 2,
                 .details = "First paragraph.\n\n.Second \\ paragraph.",
                 LEAT_OPTIONS(sample_options, struct sample_args), .run = run_sample);
extern const struct leat_command leat_command_help;
static const struct leat_command *const sample_commands[] = {&sample_command, &leat_command_help, NULL};

static size_t read_file(const char *path, char *to, size_t size)
{
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(to, 1, size - 1, f) : 0;
    to[n] = '\0';
    if (f)
        fclose(f);
    return n;
}

struct outcome {
    int code; /* exit code, or -signal */
    char out[8192], err[2048];
};

/* Runs the tool in a child, on words separated by single blanks ("~" stands for an empty word). */
static void run_tool(const char *line, const char *stdout_path, struct outcome *o)
{
    const char *dir = check_temp_dir();
    char out_path[128], err_path[128], words[1024], *argv[32] = {(char *)"leat"};
    int argc = 1;
    snprintf(out_path, sizeof out_path, "%s/out", dir);
    snprintf(err_path, sizeof err_path, "%s/err", dir);
    snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok(words, " "); word != NULL && argc < 31; word = strtok(NULL, " "))
        argv[argc++] = strcmp(word, "~") == 0 ? (char *)"" : word;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        int out = open(stdout_path ? stdout_path : out_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        int err = open(err_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(out, 1);
        dup2(err, 2);
        _exit(leat_tool_main(argc, argv, sample_commands));
    }
    int status = 0;
    waitpid(child, &status, 0);
    o->code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    read_file(out_path, o->out, sizeof o->out);
    read_file(err_path, o->err, sizeof o->err);
}

LEAT_TEST(options_are_parsed_strictly)
{
    static const struct {
        const char *line;
        int code;
        const char *text; /* of standard output if the code is 0, else of standard error */
    } rows[] = {
        {"sample --target y", 0, "target y out - logdir runs steps 10 rate 0.5 fraction 0 json 0 color 1\n"},
        {"sample --target=y --steps=3 --json -o a", 0,
         "out a logdir runs steps 3 rate 0.5 fraction 0 json 1 color 1 given"},
        {"sample -oa --target y -c device", 0,
         "out a logdir runs steps 10 rate 0.5 fraction 0 json 0 color 0"},
        {"sample --target=--y x", 0, "operand x\ntarget --y"},
        {"sample --target= - -- --json", 0, "operand -\noperand --json\ntarget  out"},
        {"sample --target y --feed=a=1 --feed b=-2", 0, " feed a=1 feed b=-2\n"},
        {"sample --target y --rate 1e-3 --fraction=1", 0, "rate 0.001 fraction 1"},
        {"sample --help --nonsense", 0, "Usage: leat sample DATA --target COLUMN [OPTION]..."},
        {"--help", 0, "Commands:\n  sample     show what was parsed\n"},
        {"--version", 0, "leat "},
        {"help sample", 0, "-o, --output=FILE"},
        {"", 2, "leat: a command is missing; see leat --help\n"},
        {"smaple", 2, "leat: unknown command 'smaple'; did you mean sample?\n"},
        {"nothing", 2, "leat: unknown command 'nothing'; see leat --help\n"},
        {"--steps", 2, "leat: unknown option '--steps'"},
        {"help nothing", 2, "leat: help: there is no command 'nothing'\n"},
        {"sample --target", 2, "leat: --target wants a value\n"},
        {"sample --target --json", 2, "leat: --target wants a value (--target=--json if that is it)\n"},
        {"sample", 2, "leat: sample: --target is missing (leat sample DATA --target COLUMN)\n"},
        {"sample --target y a b c", 2, "leat: sample: 'c' is one operand too many"},
        {"sample --target y --target z", 2, "leat: --target is given twice\n"},
        {"sample --target y --json --json", 2, "leat: --json is given twice\n"},
        {"sample --target y -o a --output b", 2, "leat: --output is given twice\n"},
        {"sample --target y --json=1", 2, "leat: --json takes no value\n"},
        {"sample --target y --stpes 3", 2, "leat: sample: unknown option --stpes; did you mean --steps?\n"},
        {"sample --target y --step=3", 2, "leat: sample: unknown option --step; did you mean --steps?\n"},
        {"sample --target y --zzzzzz", 2, "leat: sample: unknown option --zzzzzz\n"},
        {"sample --target y -z", 2, "leat: sample: unknown option -z\n"},
        {"sample --target y -o ~", 2, "leat: --output: the name is empty\n"},
        {"sample --target y --steps=-1", 2, "leat: --steps: -1 is less than 1\n"},
        {"sample --target y --steps=0", 2, "leat: --steps: 0 is less than 1\n"},
        {"sample --target y --steps=1e99", 2, "leat: --steps: '1e99' is not a whole number\n"},
        {"sample --target y --steps=99999999999999999999", 2, "is not a whole number\n"},
        {"sample --target y --steps=3x", 2, "leat: --steps: '3x' is not a whole number\n"},
        {"sample --target y --steps ~", 2, "leat: --steps: '' is not a whole number\n"},
        {"sample --target y --steps=0x10", 2, "leat: --steps: '0x10' is not a whole number\n"},
        {"sample --target y --rate 0", 2, "leat: --rate: 0 is not above 0\n"},
        {"sample --target y --rate nan", 2, "leat: --rate: 'nan' is not a number\n"},
        {"sample --target y --rate inf", 2, "leat: --rate: 'inf' is not a number\n"},
        {"sample --target y --rate 1e999", 2, "leat: --rate: '1e999' is not a number\n"},
        {"sample --target y --rate 0,5", 2, "leat: --rate: '0,5' is not a number\n"},
        {"sample --target y --fraction 1.5", 2, "leat: --fraction: 1.5 is not within 0 and 1\n"},
        {"sample --target y --color red", 2, "leat: --color: 'red' is none of device|time|memory\n"},
        {"sample --target y --color devic", 2, "leat: --color: 'devic' is none of device|time|memory\n"},
        {"sample --target y absent", 2, "leat: no \\x1b[31m'absent'\n"},
    };
    static struct outcome o;
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        run_tool(rows[i].line, NULL, &o);
        const char *got = rows[i].code == 0 ? o.out : o.err;
        if (o.code != rows[i].code || strstr(got, rows[i].text) == NULL)
            printf("\n    leat %s: exit %d, \"%s\"\n", rows[i].line, o.code, got);
        CHECK(o.code == rows[i].code);
        CHECK(strstr(got, rows[i].text) != NULL);
        /* An error is one line, a success none. */
        size_t lines = 0;
        for (const char *c = o.err; *c != '\0'; c++)
            lines += *c == '\n';
        CHECK(lines == (rows[i].code != 0));
    }
}

LEAT_TEST(full_standard_output_is_exit_3)
{
    static struct outcome o;
    if (access("/dev/full", W_OK) != 0)
        SKIP("no /dev/full");
    run_tool("sample --target y", "/dev/full", &o);
    CHECK(o.code == LEAT_EXIT_IO);
    CHECK_STR(o.err, "leat: standard output: No space left on device\n");
    run_tool("sample --target y long", "/dev/full", &o);
    CHECK(o.code == LEAT_EXIT_IO);
    run_tool("--help", "/dev/full", &o);
    CHECK(o.code == LEAT_EXIT_IO);
}

/* The reader of a pipe goes away at once. */
LEAT_TEST(broken_pipe_is_exit_3)
{
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        dup2(ends[1], 1);
        int null = open("/dev/null", O_WRONLY);
        dup2(null, 2);
        char *argv[] = {(char *)"leat", (char *)"sample", (char *)"--target=y", (char *)"long"};
        _exit(leat_tool_main(4, argv, sample_commands));
    }
    close(ends[1]);
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == LEAT_EXIT_IO);
}

/* --help, the man page and both completions name the same options. */
LEAT_TEST(texts_name_every_option)
{
    leat_buf help = {0}, man = {0}, bash = {0}, zsh = {0};
    leat_usage_command(&help, &sample_command);
    leat_manual(&man, sample_commands);
    leat_completion_bash(&bash, sample_commands);
    leat_completion_zsh(&zsh, sample_commands);
    for (size_t i = 0; i < LEAT_LEN(sample_options); i++) {
        char text[64];
        snprintf(text, sizeof text, "--%s", sample_options[i].name);
        CHECK(strstr(help.data, text) != NULL);
        CHECK(strstr(bash.data, text) != NULL);
        CHECK(strstr(zsh.data, text) != NULL);
        snprintf(text, sizeof text, "\\-\\-%s\\fR", sample_options[i].name);
        CHECK(strstr(man.data, text) != NULL);
    }
    CHECK(strstr(man.data, ".SS leat sample DATA \\-\\-target COLUMN\n") != NULL);
    CHECK(strstr(man.data, "\n.PP\n\\&.Second \\e paragraph.") != NULL);
    CHECK(strstr(zsh.data, "--target=[it'\\''s \\[the\\] column]:COLUMN:'") != NULL);
    for (const char *line = help.data; line != NULL && *line != '\0';) {
        CHECK(strcspn(line, "\n") <= 80);
        line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL;
    }
    leat_buf_free(&help), leat_buf_free(&man), leat_buf_free(&bash), leat_buf_free(&zsh);
}

LEAT_TEST(completions_are_accepted_by_the_shells)
{
    if (system("command -v bash > /dev/null 2>&1") != 0)
        SKIP("no bash");
    char path[128], command[1024];
    leat_buf bash = {0};
    leat_completion_bash(&bash, sample_commands);
    snprintf(path, sizeof path, "%s/leat", check_temp_dir());
    FILE *f = fopen(path, "w");
    REQUIRE(f != NULL);
    fwrite(bash.data, 1, bash.size, f);
    fclose(f);
    leat_buf_free(&bash);
    snprintf(
        command, sizeof command,
        "bash -c 'set -e; compopt() { :; }; . %s; COMP_WORDS=(leat sample --fr); COMP_CWORD=2; _leat; "
        "[ \"${COMPREPLY[*]}\" = --fraction ]; COMP_WORDS=(leat sample --color = m); COMP_CWORD=4; _leat; "
        "[ \"${COMPREPLY[*]}\" = memory ]; COMP_WORDS=(leat sa); COMP_CWORD=1; _leat; "
        "[ \"${COMPREPLY[*]}\" = sample ]'",
        path);
    CHECK(system(command) == 0);
}

/* Each allocation fails, once: an error, no leak, no crash. */
LEAT_TEST(parsing_survives_failed_allocations)
{
    char *argv[] = {(char *)"--target=y", (char *)"--feed=a", (char *)"--feed=b", (char *)"operand"};
    EACH_FAULT (f, LEAT_FAULT_ALLOC, 12) {
        struct sample_args values;
        leat_tool t = {0};
        bool want_help;
        fault_start(&f);
        leat_status st = leat_options_parse(&t, &sample_command, 4, argv, &values, &want_help);
        CHECK(st == (fault_end(&f) ? LEAT_ERR_NO_MEMORY : LEAT_OK));
        leat_options_free(&t, &sample_command, &values);
    }
}

LEAT_TEST(progress_is_plain_in_a_log)
{
    const char *dir = check_temp_dir();
    char path[128], text[4096];
    snprintf(path, sizeof path, "%s/log", dir);
    for (int terminal = 0; terminal < 2; terminal++) {
        fflush(NULL);
        pid_t child = fork();
        if (child == 0) {
            dup2(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
            leat_tool t = {.error_terminal = terminal != 0, .terminal_width = 60};
            leat_progress p;
            leat_progress_begin(&p, &t, "step", 0, 100);
            p.start -= 100;
            p.shown -= 100;
            leat_progress_at(&p, 50, "loss %g", 0.25);
            leat_progress_at(&p, 51, "not yet again");
            leat_progress_line(&p, "saved");
            leat_progress_end(&p);
            _exit(0);
        }
        waitpid(child, NULL, 0);
        read_file(path, text, sizeof text);
        if (terminal) {
            CHECK(strncmp(text, "\rstep 50/100, 0.50 steps/s, 1 min 40 s left, loss 0.25\r", 55) == 0);
        } else {
            CHECK_STR(text, "step 50/100, 0.50 steps/s, 1 min 40 s left, loss 0.25\nsaved\n");
        }
        CHECK(strchr(text, '\033') == NULL);
    }
}

LEAT_TEST(csv_fields_are_quoted_and_harmless)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"", ""},
        {"a", "a"},
        {"a b", "a b"},
        {"a,b", "\"a,b\""},
        {"say \"hi\"", "\"say \"\"hi\"\"\""},
        {" a", "\" a\""},
        {"a\nb", "\"a\nb\""},
        {"-1.5", "-1.5"},
        {"=cmd", "'=cmd"},
        {"-x", "'-x"},
        {"@a", "'@a"},
        {"+1e5", "+1e5"},
        {"北京", "北京"},
        {"=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"},
        {"=1,2", "\"'=1,2\""},
        {"a\xff\xc3,", "\"a\\xff\\xc3,\""},
    };
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_buf b = {0};
        leat_buf_puts(&b, "");
        leat_csv_put(&b, rows[i].text, strlen(rows[i].text));
        CHECK_STR(b.data != NULL ? b.data : "", rows[i].want);
        leat_buf_free(&b);
    }
}

LEAT_TEST(progress_of_bytes)
{
    char path[128], text[4096];
    snprintf(path, sizeof path, "%s/log", check_temp_dir());
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
        leat_tool t = {0};
        leat_progress p = {.tool = &t};
        leat_progress_bytes(&p, "scanning", 0, 400 << 20);
        p.start -= 100;
        p.shown -= 100;
        leat_progress_bytes(&p, "scanning", 100 << 20, 400 << 20);
        leat_progress_bytes(&p, "reading", 0, 400 << 20);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    read_file(path, text, sizeof text);
    CHECK_STR(text, "scanning: 25 %, 1 MiB/s, 5 min 00 s left\n");
}

/* ---- signals ---- */

/* The first asks, the second does not. */
LEAT_TEST(a_second_signal_ends_the_process)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < LEAT_LEN(numbers); i++) {
        int number = numbers[i];
        pid_t child = fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            signal(number, SIG_DFL);
            leat_signals_catch(NULL, NULL);
            bool asked = leat_signals_caught() == 0 && raise(number) == 0 && leat_signals_caught() == number;
            if (asked)
                raise(number);
            _exit(asked ? 1 : 2);
        }
        int status = -1;
        waitpid(child, &status, 0);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == LEAT_EXIT_SIGNAL + number);
    }
}

/* What nohup does. */
LEAT_TEST(an_ignored_hangup_stays_ignored)
{
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        signal(SIGHUP, SIG_IGN);
        leat_signals_catch(NULL, NULL);
        _exit(raise(SIGHUP) == 0 && leat_signals_caught() == 0 ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
