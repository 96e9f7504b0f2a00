/* model-cnn.c - `leat train --model cnn`: two convolutions, each with pooling, and a dense layer behind them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "tools/train-private.h"

enum { FIRST_FILTERS = 32, SECOND_FILTERS = 64, KERNEL = 5, DENSE = 128, MAX_SIDE = 4096 };

/* One of the numbers of "28x28x3"; *at moves behind it. */
static bool take_side(const char **at, int64_t *side)
{
    char number[8];
    size_t n = strcspn(*at, "x");
    if (n == 0 || n >= sizeof number)
        return false;
    memcpy(number, *at, n);
    number[n] = '\0';
    *at += n;
    return leat_parse_i64(number, side) && *side >= 1 && *side <= MAX_SIDE;
}

leat_status leat_image_parse(const char *text, leat_model_spec *spec)
{
    if (spec->kind != MODEL_CNN)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "--image is for --model cnn");
    const char *at = text;
    bool good = true;
    for (int i = 0; i < 3 && good; i++) {
        good = i == 0 || *at == 'x';
        at += i > 0 && good;
        good = good && take_side(&at, &spec->image[i]);
    }
    if (!good || *at != '\0')
        return leat_fail(
            LEAT_ERR_INVALID_ARGUMENT,
            "--image '%s': height x width x channels is needed (such as 28x28x1), each from 1 to %d", text,
            MAX_SIDE);
    return LEAT_OK;
}

/* Every feature must be a pixel. Where the image's size is not given, it is a square of one channel. */
leat_status leat_image_settle(leat_model_spec *spec, const leat_schema *schema)
{
    int64_t *image = spec->image, pixels = (int64_t)schema->n_features;
    for (size_t i = 0; i < schema->n_columns; i++)
        if (schema->columns[i].categorical)
            return leat_fail(
                LEAT_ERR_INVALID_ARGUMENT,
                "--model cnn takes columns of pixels: '%s' holds categories (leave it out with --ignore)",
                schema->columns[i].name);
    if (image[0] == 0) {
        int64_t side = 1;
        while (side * side < pixels)
            side++;
        if (side * side != pixels)
            return leat_fail(
                LEAT_ERR_INVALID_ARGUMENT,
                "--model cnn: %" PRId64 " columns are no square image: say which with --image HxWxC", pixels);
        image[0] = image[1] = side;
        image[2] = 1;
    }
    if (image[0] * image[1] * image[2] != pixels)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                         "--image %" PRId64 "x%" PRId64 "x%" PRId64 " has %" PRId64
                         " values, the rows have %" PRId64,
                         image[0], image[1], image[2], image[0] * image[1] * image[2], pixels);
    return LEAT_OK;
}

/* relu(conv(x) + bias), then the largest of each 2 x 2. */
static leat_out stage(leat_out x, int64_t channels, int64_t filters, const char *name)
{
    leat_graph *g = leat_op_graph(x.op);
    LEAT_VARIABLE_SCOPE (g, name, false) {
        leat_out kernel =
            leat_get_variable(g, "kernel", .shape = LEAT_SHAPE(KERNEL, KERNEL, channels, filters),
                              .initializer = leat_init_he(LEAT_UNSET));
        leat_out bias =
            leat_get_variable(g, "bias", .shape = LEAT_SHAPE(filters), .initializer = leat_init_zeros());
        x = leat_raw_conv2d(x, kernel, LEAT_INTS(1, 1, 1, 1), "SAME");
        x = leat_relu(leat_bias_add(x, bias));
        x = leat_raw_max_pool(x, LEAT_INTS(1, 2, 2, 1), LEAT_INTS(1, 2, 2, 1), "SAME");
    }
    return x;
}

leat_out leat_build_cnn(leat_out x, const leat_model_spec *spec)
{
    leat_graph *g = leat_op_graph(x.op);
    const int64_t *image = spec->image;
    int32_t shape[4] = {-1, (int32_t)image[0], (int32_t)image[1], (int32_t)image[2]};
    leat_out z = leat_reshape(x, leat_constant_i32(g, LEAT_SHAPE(4), shape, "image/shape"), .name = "image");
    z = stage(z, image[2], FIRST_FILTERS, "conv1");
    z = stage(z, FIRST_FILTERS, SECOND_FILTERS, "conv2");
    int64_t height = (image[0] + 3) / 4, width = (image[1] + 3) / 4; /* SAME pooling rounds up, twice */
    int32_t flat[2] = {-1, (int32_t)(height * width * SECOND_FILTERS)};
    z = leat_reshape(z, leat_constant_i32(g, LEAT_SHAPE(2), flat, "flat/shape"), .name = "flat");
    return leat_dense(z, DENSE, .activation = leat_act_relu, .kernel_initializer = leat_init_he(LEAT_UNSET),
                      .name = "hidden1");
}
