/* tool.c - the tool: finds the command, parses its options, runs it, and turns what happened into an exit code. */
#include "config.h"
#include "tools/tool-private.h"
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* A closed standard stream would let the next file opened take its number, and be written to. What is written to a closed standard
 * output still fails: results are never lost in silence. */
static void open_standard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY) != fd)
            _exit(LEAT_EXIT_IO);
}

static void look_at_terminal(leat_tool *t)
{
    struct winsize size;
    t->output_terminal = isatty(STDOUT_FILENO) != 0;
    t->error_terminal = isatty(STDERR_FILENO) != 0;
    t->terminal_width = t->error_terminal && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0
                            ? size.ws_col
                            : 80;
}

/* By default the C library learns from large blocks that are freed to keep those that follow: a log's million small
 * parts would then be held beside what is made of them. */
static void give_back_memory(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 128 << 10);
#endif
}

static int run_command(leat_tool *t, const struct leat_command *command, int argc, char **argv)
{
    bool want_help;
    void *values = leat_alloc_zero(1, LEAT_MAX(command->values_size, 1));
    if (values == NULL)
        return leat_tool_fail(t, leat_fail_memory(command->values_size));
    int code;
    if (command->reads_logs)
        give_back_memory();
    leat_status st = leat_options_parse(t, command, argc, argv, values, &want_help);
    if (st != LEAT_OK) {
        code = leat_tool_fail(t, st);
    } else if (want_help) {
        leat_usage_command(&t->output, command);
        code = LEAT_EXIT_OK;
    } else {
        code = command->run(t, values);
    }
    leat_options_free(t, command, values);
    leat_free(values);
    return code;
}

/* Is it a command that only a build with pictures has? */
static bool left_out(const char *word)
{
#ifndef LEAT_WITH_VIZ
    static const char *const pictures[] = {"plot", "graph", "report"};
    for (size_t i = 0; i < LEAT_LEN(pictures); i++)
        if (strcmp(word, pictures[i]) == 0)
            return true;
#endif
    (void)word;
    return false;
}

static int bad_command(leat_tool *t, const char *word)
{
    if (left_out(word))
        return leat_tool_fail(t, leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                                           "%s: this leat was built without pictures (--disable-viz)", word));
    leat_nearest near = {.word = word};
    for (size_t i = 0; t->commands[i] != NULL; i++)
        leat_nearest_offer(&near, t->commands[i]->name);
    const char *kind = word[0] == '-' ? "option" : "command";
    return leat_tool_fail(
        t,
        near.best != NULL
            ? leat_fail(LEAT_ERR_INVALID_ARGUMENT, "unknown %s '%s'; did you mean %s?", kind, word, near.best)
            : leat_fail(LEAT_ERR_INVALID_ARGUMENT, "unknown %s '%s'; see leat --help", kind, word));
}

static int dispatch(leat_tool *t, int argc, char **argv)
{
    if (argc < 2)
        return leat_tool_fail(t,
                              leat_fail(LEAT_ERR_INVALID_ARGUMENT, "a command is missing; see leat --help"));
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        leat_usage_tool(&t->output, t->commands);
        return LEAT_EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        leat_print(t, "leat %s\n", PACKAGE_VERSION);
        return LEAT_EXIT_OK;
    }
    const struct leat_command *command = leat_command_find(t->commands, argv[1]);
    return command != NULL ? run_command(t, command, argc - 2, argv + 2) : bad_command(t, argv[1]);
}

int leat_tool_main(int argc, char **argv, const struct leat_command *const *commands)
{
    leat_tool tool = {.commands = commands};
    open_standard_streams();
    /* A reader that has seen enough is a failed write, not a death in the middle of training. */
    signal(SIGPIPE, SIG_IGN);
    look_at_terminal(&tool);
    leat_set_log(leat_tool_log, NULL);
    int code = dispatch(&tool, argc, argv);
    leat_status output = leat_print_flush(&tool);
    if (output != LEAT_OK && code == LEAT_EXIT_OK)
        code = leat_tool_fail(&tool, output);
    leat_set_log(NULL, NULL);
    leat_buf_free(&tool.output);
    return code;
}
