/* help.c - `leat help`: the usage texts, and at build time the man page and the shells' completions. */
#include "tools/tool-private.h"

struct help_args {
    bool man;
    int completion;
};

static const struct leat_option options[] = {
    {"man", 0, NULL, LEAT_BIND_FLAG(struct help_args, man), .help = "print the man page, in troff"},
    {"completion", 0, NULL, LEAT_BIND_CHOICE(struct help_args, completion, "none|bash|zsh"),
     .initial = "none", .help = "print the completion script of a shell"},
};

static int run(leat_tool *t, const void *values)
{
    const struct help_args *a = values;
    leat_buf *b = &t->output;
    if (a->man)
        leat_manual(b, t->commands);
    else if (a->completion == 1)
        leat_completion_bash(b, t->commands);
    else if (a->completion == 2)
        leat_completion_zsh(b, t->commands);
    else if (t->operands.count == 0)
        leat_usage_tool(b, t->commands);
    else {
        const struct leat_command *c = leat_command_find(t->commands, t->operands.items[0]);
        if (c == NULL)
            return leat_tool_fail(t, leat_fail(LEAT_ERR_INVALID_ARGUMENT, "help: there is no command '%s'",
                                               t->operands.items[0]));
        leat_usage_command(b, c);
    }
    return LEAT_EXIT_OK;
}

const struct leat_command leat_command_help =
    LEAT_COMMAND("help", "[COMMAND]", "explain the tool or a command", .max_operands = 1,
                 LEAT_OPTIONS(options, struct help_args), .run = run);
