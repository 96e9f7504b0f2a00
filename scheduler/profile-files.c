/* profile-files.c - a profile for other programs: a Chrome trace, a RunMetadata. */
#include "config.h"
#include "base/file-private.h"
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
    for (size_t i = 0; i < *n; i++)
        LEAT_TRY(leat_profile_step_at(p, i, &(*steps)[i]));
    return LEAT_OK;
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

leat_status leat_profile_run_metadata(const leat_profile *p, void **bytes, size_t *size)
{
    leat_profile_step *steps;
    size_t n;
    leat_buf out = {0};
    *bytes = NULL;
    *size = 0;
    LEAT_TRY(all_steps(p, &steps, &n));
    leat_put_run_metadata(&out, &steps[leat_figures_typical(steps, n)]);
    leat_free(steps);
    leat_status status = leat_buf_status(&out);
    if (status != LEAT_OK) {
        leat_buf_free(&out);
        return status;
    }
    *bytes = out.data;
    *size = out.size;
    return LEAT_OK;
}
