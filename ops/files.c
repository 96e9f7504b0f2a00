/* files.c - ReadFile and WriteFile: a file's bytes as a string. */
#include <limits.h>
#include "base/file-private.h"
#include "ops/strings-private.h"

/* The scalar that input i must be, without a NUL: it would name another file than it seems to. */
static leat_status take_name(const leat_kernel *k, const char **name)
{
    leat_bytes text = leat_string_at(k->in[0], 0);
    if (leat_shape_rank(&k->in[0]->shape) != 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "filename must be a scalar, got rank %d",
                                leat_shape_rank(&k->in[0]->shape));
    if (strlen(text.data) != text.size)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "filename has a NUL in it");
    *name = text.data;
    return LEAT_OK;
}

static leat_status read_kernel(leat_kernel *k)
{
    const char *name;
    leat_buf text = {0};
    LEAT_TRY(take_name(k, &name));
    LEAT_TRY(leat_out_new(k, 0, &LEAT_SCALAR));
    leat_status status = leat_file_read_all(name, INT_MAX, &text);
    if (status != LEAT_OK)
        status = leat_kernel_fail(k, status, "%s", leat_message());
    else
        status = leat_string_put(k, 0, 0, &text);
    leat_buf_free(&text);
    return status;
}

static leat_status write_kernel(leat_kernel *k)
{
    const char *name;
    LEAT_TRY(take_name(k, &name));
    if (leat_shape_rank(&k->in[1]->shape) != 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "contents must be a scalar, got rank %d",
                                leat_shape_rank(&k->in[1]->shape));
    leat_bytes text = leat_string_at(k->in[1], 0);
    leat_status status = leat_file_replace(name, text.data, text.size, false);
    return status == LEAT_OK ? status : leat_kernel_fail(k, status, "%s", leat_message());
}

const leat_op_def leat_op_ReadFile =
    LEAT_OP("ReadFile(filename: string) -> contents: string", .doc = "All bytes of a file.",
            .shape = leat_shape_scalar, .kernels = {{.fn = read_kernel}}, .gradient = leat_grad_none,
            .flags = LEAT_OP_STATEFUL);

const leat_op_def leat_op_WriteFile =
    LEAT_OP("WriteFile(filename: string, contents: string)", .doc = "Makes a file of these bytes.",
            .shape = leat_shape_none, .kernels = {{.fn = write_kernel}}, .gradient = leat_grad_none,
            .flags = LEAT_OP_STATEFUL);

LEAT_ROW(ReadFile, "(string[] '/nonexistent/x') fails '/nonexistent/x'");
LEAT_ROW(ReadFile, "(string[1] '/dev/null') fails 'must be a scalar'");
LEAT_ROW(WriteFile, "(string[] '/nonexistent/x', string[] 'abc') fails '/nonexistent/x'");
LEAT_ROW(WriteFile, "(string[] 'x', string[1] 'abc') fails 'must be a scalar'");
