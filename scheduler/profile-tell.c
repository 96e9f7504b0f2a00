/* profile-tell.c - what a profile says: as text, as JSON, and to other programs as a Chrome trace or a RunMetadata. */
#include "config.h"
#include "base/file-private.h"
#include "profile-private.h"
#include "profile/figures-private.h"

static leat_status all_steps(const leat_profile *p, leat_profile_step **steps, size_t *n)
{
    *n = leat_profile_steps(p);
    *steps = NULL;
    if (*n == 0)
        return leat_fail(LEAT_ERR_NOT_FOUND, "the profile has recorded no run");
    *steps = leat_alloc(*n * sizeof **steps);
    if (*steps == NULL)
        return leat_fail_memory(*n * sizeof **steps);
    leat_status status = LEAT_OK;
    for (size_t i = 0; status == LEAT_OK && i < *n; i++)
        status = leat_profile_step_at(p, i, &(*steps)[i]);
    if (status != LEAT_OK) {
        leat_free(*steps);
        *steps = NULL;
    }
    return status;
}

typedef void put_fn(leat_buf *out, const leat_figures *f, size_t rows);

static void put_words_only(leat_buf *out, const leat_figures *f, size_t rows)
{
    (void)rows;
    leat_put_words(out, f);
}

static void put_json(leat_buf *out, const leat_figures *f, size_t rows)
{
    (void)rows;
    leat_put_profile_json(out, f);
}

static void put_text(leat_buf *out, const leat_figures *f, size_t rows)
{
    leat_put_tables(out, f, rows);
    leat_buf_puts(out, "\n");
    leat_put_words(out, f);
    leat_buf_puts(out, "\n");
}

static leat_status tell(const leat_profile *p, put_fn *put, size_t rows, char **text)
{
    leat_profile_step *steps;
    leat_figures f = {0};
    leat_buf out = {0};
    *text = NULL;
    size_t n;
    LEAT_TRY(all_steps(p, &steps, &n));
    leat_status status = leat_figures_make(&f, steps, n, leat_profile_machine(p));
    if (status == LEAT_OK) {
        locale_t old = leat_c_numbers_begin();
        put(&out, &f, rows);
        leat_c_numbers_end(old);
        status = leat_buf_status(&out);
    }
    leat_figures_free(&f);
    leat_free(steps);
    if (status != LEAT_OK)
        leat_buf_free(&out);
    else
        *text = out.data;
    return status;
}

leat_status leat_profile_text(const leat_profile *p, size_t rows, char **text)
{
    return tell(p, put_text, rows, text);
}

leat_status leat_profile_words(const leat_profile *p, char **text)
{
    return tell(p, put_words_only, 0, text);
}

leat_status leat_profile_json(const leat_profile *p, char **text)
{
    return tell(p, put_json, 0, text);
}

leat_status leat_profile_write_trace(const leat_profile *p, const char *path)
{
    leat_profile_step *steps;
    size_t n;
    leat_buf out = {0};
    LEAT_TRY(all_steps(p, &steps, &n));
    locale_t old = leat_c_numbers_begin();
    leat_put_chrome_trace(&out, steps, n);
    leat_c_numbers_end(old);
    leat_status status = leat_buf_status(&out);
    if (status == LEAT_OK)
        status = leat_file_replace(path, out.data, out.size, false);
    leat_buf_free(&out);
    leat_free(steps);
    return status;
}

leat_status leat_profile_run_metadata(const leat_profile *p, size_t *which, void **bytes, size_t *size)
{
    leat_profile_step *steps;
    size_t n;
    leat_buf out = {0};
    *bytes = NULL;
    *size = 0;
    LEAT_TRY(all_steps(p, &steps, &n));
    size_t typical = leat_figures_typical(steps, n);
    leat_put_run_metadata(&out, &steps[typical]);
    leat_free(steps);
    if (which != NULL)
        *which = typical;
    leat_status status = leat_buf_status(&out);
    if (status != LEAT_OK) {
        leat_buf_free(&out);
        return status;
    }
    *bytes = out.data;
    *size = out.size;
    return LEAT_OK;
}
