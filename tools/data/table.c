/* table.c - what CSV and .npy tables share. */
#include "tools/data/table-private.h"
#include <string.h>

static bool has_suffix(const char *path, const char *suffix)
{
    size_t n = strlen(path), m = strlen(suffix);
    return n > m && strcmp(path + n - m, suffix) == 0;
}

leat_status leat_data_table_open(leat_data_table *t, const char *path)
{
    *t = (leat_data_table){.file = LEAT_FILE_CLOSED, .separator = has_suffix(path, ".tsv") ? '\t' : ','};
    LEAT_TRY(leat_file_open(&t->file, path));
    t->kind = has_suffix(path, ".npy") ? &leat_data_table_npy : &leat_data_table_csv;
    LEAT_TRY(t->kind->open(t));
    t->cells = leat_alloc_zero(t->n_columns, sizeof *t->cells);
    return t->cells != NULL ? LEAT_OK : leat_fail_memory(t->n_columns * sizeof *t->cells);
}

void leat_data_table_close(leat_data_table *t)
{
    if (t->kind != NULL)
        t->kind->close(t);
    for (size_t i = 0; i < t->n_columns; i++)
        leat_free(t->columns[i]);
    leat_free(t->columns);
    leat_free(t->cells);
    (void)leat_file_close(&t->file);
    *t = (leat_data_table){.file = LEAT_FILE_CLOSED};
}

leat_status leat_data_table_next(leat_data_table *t, bool *end)
{
    return t->kind->next(t, end);
}

void leat_data_table_seek(leat_data_table *t, leat_place place)
{
    t->next = place;
}

size_t leat_data_table_find(const leat_data_table *t, const char *name)
{
    for (size_t i = 0; i < t->n_columns; i++)
        if (strcmp(t->columns[i], name) == 0)
            return i;
    return t->n_columns;
}

leat_status leat_data_table_fail(const leat_data_table *t, size_t column, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    leat_status st = leat_fail_v(LEAT_ERR_INVALID_ARGUMENT, format, args);
    va_end(args);
    return leat_fail_context(st, "%s:%s%llu: column '%s'", t->file.path, t->kind->line_word,
                             (unsigned long long)t->row.line, t->columns[column]);
}

leat_status leat_data_table_fail_row(const leat_data_table *t, uint64_t line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    leat_status st = leat_fail_v(LEAT_ERR_INVALID_ARGUMENT, format, args);
    va_end(args);
    return leat_fail_context(st, "%s:%s%llu", t->file.path, t->kind->line_word, (unsigned long long)line);
}

leat_status leat_data_table_set_columns(leat_data_table *t, const leat_cell *names, size_t n)
{
    leat_map seen = {0};
    leat_status st = LEAT_OK;
    t->columns = leat_alloc_zero(n, sizeof *t->columns);
    if (t->columns == NULL)
        return leat_fail_memory(n * sizeof *t->columns);
    for (size_t i = 0; st == LEAT_OK && i < n; i++) {
        size_t size = names[i].size;
        if (!leat_utf8_valid(names[i].text, size)) {
            st = leat_data_table_fail_row(t, 1, "the name of column %zu is not UTF-8", i + 1);
            break;
        }
        t->columns[i] = leat_strndup(names[i].text, size);
        t->n_columns = i + 1;
        if (t->columns[i] == NULL)
            st = leat_fail_memory(size);
        else if (size > 0 && leat_map_get(&seen, t->columns[i], size) != NULL)
            st = leat_data_table_fail_row(t, 1, "two columns are named '%s'", t->columns[i]);
        else if (size > 0)
            st = leat_map_put(&seen, t->columns[i], size, t);
    }
    leat_map_free(&seen);
    return st;
}
