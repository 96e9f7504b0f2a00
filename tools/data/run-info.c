/* run-info.c - what train.json holds, in memory. run-json.c writes and reads it. */
#include "tools/data/run-info-private.h"
#include <stdio.h>
#include <string.h>

static leat_status describe(leat_run_data *to, const leat_data *d)
{
    to->path = leat_strdup(leat_data_path(d));
    to->fingerprint = leat_data_fingerprint(d);
    to->training_rows = leat_data_count(d, LEAT_PART_TRAIN);
    to->validation_rows = leat_data_count(d, LEAT_PART_VALIDATION);
    to->rows_left_out = leat_data_rows_left_out(d);
    return to->path != NULL ? LEAT_OK : leat_fail_memory(strlen(leat_data_path(d)));
}

leat_status leat_run_info_from(leat_run_info *r, const leat_data *data, const leat_data *test)
{
    LEAT_TRY(leat_schema_copy(&r->schema, leat_data_schema(data)));
    LEAT_TRY(describe(&r->data, data));
    return test != NULL ? describe(&r->test, test) : LEAT_OK;
}

void leat_run_info_free(leat_run_info *r)
{
    leat_schema_free(&r->schema);
    leat_free(r->data.path);
    leat_free(r->test.path);
    for (size_t i = 0; i < r->n_flags; i++) {
        leat_free(r->flags[i].name);
        leat_free(r->flags[i].value);
    }
    leat_free(r->flags);
    *r = (leat_run_info){0};
}

leat_status leat_run_info_add(leat_run_info *r, const char *name, const char *value)
{
    LEAT_TRY(leat_grow(&r->flags, &r->flags_capacity, r->n_flags + 1, sizeof *r->flags));
    leat_flag *f = &r->flags[r->n_flags++];
    *f = (leat_flag){.name = leat_strdup(name), .value = leat_strdup(value)};
    return f->name != NULL && f->value != NULL ? LEAT_OK : leat_fail_memory(strlen(name) + strlen(value));
}

const char *leat_run_info_flag(const leat_run_info *r, const char *name)
{
    for (size_t i = 0; i < r->n_flags; i++)
        if (strcmp(r->flags[i].name, name) == 0)
            return r->flags[i].value;
    return NULL;
}

static void compare_flag(leat_buf *out, const char *name, const char *was, const char *is)
{
    if (was != NULL && is != NULL && strcmp(was, is) == 0)
        return;
    leat_buf_printf(out, "%s--%s was %s and is %s", out->size > 0 ? "; " : "", name,
                    was != NULL ? was : "not given", is != NULL ? is : "not given");
}

/* The same content under another name is the same data. */
static void compare_data(leat_buf *out, const leat_run_data *was, const leat_run_data *is)
{
    if (was->path == NULL && is->path == NULL)
        return;
    bool same = was->path != NULL && is->path != NULL && was->fingerprint.size == is->fingerprint.size &&
                was->fingerprint.crc32c == is->fingerprint.crc32c &&
                was->training_rows == is->training_rows && was->validation_rows == is->validation_rows;
    if (same)
        return;
    const char *joint = out->size > 0 ? "; " : "";
    if (is->path == NULL)
        leat_buf_printf(out, "%s%s is not given", joint, was->path);
    else if (was->path == NULL)
        leat_buf_printf(out, "%s%s was not given", joint, is->path);
    else
        leat_buf_printf(out, "%sthe data in %s are not those of the run", joint, is->path);
}

leat_status leat_run_info_same(const leat_run_info *saved, const leat_run_info *now, const char *path)
{
    leat_buf different = {0};
    for (size_t i = 0; i < now->n_flags; i++)
        compare_flag(&different, now->flags[i].name, leat_run_info_flag(saved, now->flags[i].name),
                     now->flags[i].value);
    for (size_t i = 0; i < saved->n_flags; i++)
        if (leat_run_info_flag(now, saved->flags[i].name) == NULL)
            compare_flag(&different, saved->flags[i].name, saved->flags[i].value, NULL);
    compare_data(&different, &saved->data, &now->data);
    compare_data(&different, &saved->test, &now->test);
    leat_status st = leat_buf_status(&different);
    if (st == LEAT_OK && different.size > 0)
        st = leat_fail(LEAT_ERR_FAILED_PRECONDITION, "%s: the run cannot be resumed: %s", path,
                       different.data);
    leat_buf_free(&different);
    return st;
}
