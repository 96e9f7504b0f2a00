/* completion.c - completion scripts for bash and zsh, from the option table. */
#include "tools/tool-private.h"
#include <string.h>

static void put_choices(leat_buf *b, const char *choices)
{
    for (const char *c = choices; *c != '\0'; c++)
        leat_buf_putc(b, *c == '|' ? ' ' : *c);
}

/* What completes an option's value: nothing (NULL), or bash code. */
static void put_bash_value(leat_buf *b, const struct leat_option *o)
{
    if (o->kind == LEAT_OPTION_FLAG)
        return;
    leat_buf_puts(b, "        ");
    if (o->letter != '\0')
        leat_buf_printf(b, "-%c|", o->letter);
    leat_buf_printf(b, "--%s) ", o->name);
    if (o->kind == LEAT_OPTION_CHOICE) {
        leat_buf_puts(b, "COMPREPLY=($(compgen -W '");
        put_choices(b, o->choices);
        leat_buf_puts(b, "' -- \"$cur\")); ");
    } else if (o->kind == LEAT_OPTION_FILE) {
        leat_buf_puts(b, "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\")); ");
    } else if (o->kind == LEAT_OPTION_DIR) {
        leat_buf_puts(b, "compopt -o filenames; COMPREPLY=($(compgen -d -- \"$cur\")); ");
    }
    leat_buf_puts(b, "return ;;\n");
}

void leat_completion_bash(leat_buf *b, const struct leat_command *const *commands)
{
    leat_buf_puts(b, "# bash completion for leat; written by `leat help --completion bash`\n"
                     "_leat()\n{\n"
                     "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} options=\n"
                     "    COMPREPLY=()\n"
                     "    if [ \"$cur\" = = ]; then cur=; elif [ \"$prev\" = = ]; then "
                     "prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
                     "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                     "        COMPREPLY=($(compgen -W '");
    for (size_t i = 0; commands[i] != NULL; i++)
        leat_buf_printf(b, "%s ", commands[i]->name);
    leat_buf_puts(b, "--help --version' -- \"$cur\"))\n"
                     "        return\n"
                     "    fi\n"
                     "    case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; commands[i] != NULL; i++) {
        const struct leat_command *c = commands[i];
        leat_buf_printf(b, "    %s)\n        options='", c->name);
        for (size_t k = 0; k < c->n_options; k++)
            leat_buf_printf(b, "--%s ", c->options[k].name);
        leat_buf_puts(b, "--help'\n        case $prev in\n");
        for (size_t k = 0; k < c->n_options; k++)
            put_bash_value(b, &c->options[k]);
        leat_buf_puts(b, "        *) ;;\n        esac ;;\n");
    }
    leat_buf_puts(b, "    *) ;;\n    esac\n"
                     "    case $cur in\n"
                     "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$cur\")) ;;\n"
                     "    *) compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
                     "    esac\n"
                     "}\n"
                     "complete -F _leat leat\n");
}

/* Text inside '...[text]...' or '...:text' of a zsh specification. */
static void put_zsh(leat_buf *b, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            leat_buf_puts(b, "'\\''");
        else if (strchr("[]:\\", *text) != NULL)
            leat_buf_printf(b, "\\%c", *text);
        else
            leat_buf_putc(b, *text);
    }
}

static void put_zsh_option(leat_buf *b, const struct leat_option *o)
{
    leat_buf_puts(b, " \\\n            ");
    const char *equals = o->kind == LEAT_OPTION_FLAG ? "" : "=";
    if (o->kind == LEAT_OPTION_TEXTS)
        leat_buf_printf(b, "'*--%s=", o->name);
    else if (o->letter != '\0')
        leat_buf_printf(b, "'(-%c --%s)'{-%c,--%s%s}'", o->letter, o->name, o->letter, o->name, equals);
    else
        leat_buf_printf(b, "'--%s%s", o->name, equals);
    leat_buf_putc(b, '[');
    put_zsh(b, o->help);
    leat_buf_putc(b, ']');
    if (o->kind != LEAT_OPTION_FLAG) {
        leat_buf_putc(b, ':');
        put_zsh(b, o->metavar != NULL ? o->metavar : o->name);
        leat_buf_putc(b, ':');
    }
    if (o->kind == LEAT_OPTION_FILE)
        leat_buf_puts(b, "_files");
    if (o->kind == LEAT_OPTION_DIR)
        leat_buf_puts(b, "_files -/");
    if (o->kind == LEAT_OPTION_CHOICE) {
        leat_buf_putc(b, '(');
        put_choices(b, o->choices);
        leat_buf_putc(b, ')');
    }
    leat_buf_putc(b, '\'');
}

void leat_completion_zsh(leat_buf *b, const struct leat_command *const *commands)
{
    leat_buf_puts(b, "#compdef leat\n"
                     "# zsh completion for leat; written by `leat help --completion zsh`\n"
                     "_leat() {\n"
                     "    if (( CURRENT == 2 )); then\n"
                     "        local -a commands=(\n");
    for (size_t i = 0; commands[i] != NULL; i++) {
        leat_buf_printf(b, "            '%s:", commands[i]->name);
        put_zsh(b, commands[i]->summary);
        leat_buf_puts(b, "'\n");
    }
    leat_buf_puts(b, "        )\n"
                     "        _describe command commands\n"
                     "        _arguments '--help[print the commands]' '--version[print the version]'\n"
                     "        return\n"
                     "    fi\n"
                     "    local command=$words[2]\n"
                     "    shift words\n"
                     "    (( CURRENT-- ))\n"
                     "    case $command in\n");
    for (size_t i = 0; commands[i] != NULL; i++) {
        const struct leat_command *c = commands[i];
        leat_buf_printf(b, "    %s)\n        _arguments", c->name);
        for (size_t k = 0; k < c->n_options; k++)
            put_zsh_option(b, &c->options[k]);
        leat_buf_puts(b, " \\\n            '(-h --help)'{-h,--help}'[print the options]' \\\n"
                         "            '*:file:_files' ;;\n");
    }
    leat_buf_puts(b, "    esac\n}\n_leat \"$@\"\n");
}
