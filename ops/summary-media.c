/* summary-media.c - summaries of images, as PNG, and of sound, as WAV. */
#include <math.h>
#include <stdio.h>
#include "events/png-private.h"
#include "ops/summary-private.h"

/* "tag/image", or "tag/image/3" where several may come. */
static size_t begin_item(leat_buf *b, leat_bytes tag, const char *kind, int64_t i, bool several)
{
    size_t value = leat_put_begin(b, 1);
    char suffix[48];
    int n = several ? snprintf(suffix, sizeof suffix, "/%s/%lld", kind, (long long)i)
                    : snprintf(suffix, sizeof suffix, "/%s", kind);
    leat_put_varint(b, LEAT_VALUE_TAG << 3 | LEAT_WIRE_BYTES);
    leat_put_varint(b, tag.size + (size_t)n);
    leat_buf_append(b, tag.data != NULL ? tag.data : "", tag.size);
    leat_buf_append(b, suffix, (size_t)n);
    return value;
}

/* ---- ImageSummary ---- */

typedef struct picture {
    int64_t pixels, depth;
    uint8_t bad[4]; /* the colour of pixels that are not finite */
    uint8_t *bytes; /* of one image */
} picture;

static bool pixel_finite(const leat_tensor *t, int64_t at, int64_t depth)
{
    for (int64_t j = 0; j < depth; j++)
        if (!isfinite(leat_element_get(t, at + j)))
            return false;
    return true;
}

/* Images without negative values are scaled by 255 / max, others by 127 / max |x| around 128, as TensorFlow does. */
static void normalize(const leat_tensor *t, int64_t first, const picture *p)
{
    float low = INFINITY, high = -INFINITY, scale, offset;
    for (int64_t i = 0; i < p->pixels; i++)
        if (pixel_finite(t, first + i * p->depth, p->depth))
            for (int64_t j = 0; j < p->depth; j++) {
                float x = (float)leat_element_get(t, first + i * p->depth + j);
                low = LEAT_MIN(low, x);
                high = LEAT_MAX(high, x);
            }
    if (low < 0) {
        float top = LEAT_MAX(fabsf(low), fabsf(high));
        scale = top < 1e-6f ? 0 : 127.0f / top;
        offset = 128;
    } else {
        scale = high < 1e-6f ? 0 : 255.0f / high;
        offset = 0;
    }
    for (int64_t i = 0; i < p->pixels; i++) {
        uint8_t *to = p->bytes + i * p->depth;
        if (!pixel_finite(t, first + i * p->depth, p->depth)) {
            memcpy(to, p->bad, (size_t)p->depth);
            continue;
        }
        for (int64_t j = 0; j < p->depth; j++) {
            double x = leat_element_get(t, first + i * p->depth + j);
            /* in the arithmetic of the tensor's own type */
            if (t->dtype == LEAT_DOUBLE)
                to[j] = (uint8_t)(x * (double)scale + (double)offset);
            else if (t->dtype == LEAT_FLOAT)
                to[j] = (uint8_t)((float)x * scale + offset);
            else
                to[j] = (uint8_t)leat_half_to_float(
                    leat_float_to_half(leat_half_to_float(leat_float_to_half(
                                           (float)x * leat_half_to_float(leat_float_to_half(scale)))) +
                                       offset));
        }
    }
}

static leat_status add_image(leat_kernel *k, leat_buf *b, leat_bytes tag, int64_t i, picture *p)
{
    const leat_tensor *t = k->in[1];
    int64_t h = t->shape.dims[1], w = t->shape.dims[2], first = i * p->pixels * p->depth;
    leat_buf png = {0};
    if (t->dtype == LEAT_UINT8)
        memcpy(p->bytes, (const uint8_t *)t->data + first, (size_t)(p->pixels * p->depth));
    else
        normalize(t, first, p);
    leat_status status = leat_png_encode(&png, p->bytes, (size_t)h, (size_t)w, (size_t)p->depth);
    if (status == LEAT_OK) {
        size_t value = begin_item(b, tag, "image", i, leat_attr_int(k->op, "max_images") > 1);
        size_t image = leat_put_begin(b, LEAT_VALUE_IMAGE);
        leat_put_uint(b, 1, (uint64_t)h);
        leat_put_uint(b, 2, (uint64_t)w);
        leat_put_uint(b, 3, (uint64_t)p->depth);
        leat_put_bytes(b, 4, png.data, png.size);
        leat_put_end(b, image);
        leat_put_end(b, value);
    } else {
        status = leat_kernel_fail(k, status, "image %lld: %s", (long long)i, leat_message());
    }
    leat_buf_free(&png);
    return status;
}

/* The attribute bad_color: opaque red where it is absent. */
static leat_status read_bad_color(const leat_kernel *k, picture *p)
{
    const leat_tensor *t = leat_attr_tensor(k->op, "bad_color");
    memcpy(p->bad, (const uint8_t[4]){255, 0, 0, 255}, 4);
    if (t == NULL)
        return LEAT_OK;
    if (t->dtype != LEAT_UINT8 || t->elements < p->depth)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "bad_color must hold %lld uint8 values",
                                (long long)p->depth);
    memcpy(p->bad, t->data, (size_t)LEAT_MIN(t->elements, 4));
    return LEAT_OK;
}

static leat_status image_kernel(leat_kernel *k)
{
    const leat_tensor *t = k->in[1];
    const int64_t *dims = t->shape.dims;
    leat_bytes tag = {NULL, 0};
    leat_buf b = {0};
    char text[128];
    LEAT_TRY(leat_summary_tag(k, &tag));
    if (leat_shape_rank(&t->shape) != 4 || (dims[3] != 1 && dims[3] != 3 && dims[3] != 4))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "images must be of rank 4 with 1, 3 or 4 channels: %s",
                                leat_shape_print(t->shape, text, sizeof text));
    if (dims[1] >= INT32_MAX || dims[2] >= INT32_MAX || dims[1] * dims[2] >= 1 << 29 ||
        dims[1] * dims[2] == 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "images of %lld x %lld make no PNG",
                                (long long)dims[1], (long long)dims[2]);
    picture p = {.pixels = dims[1] * dims[2], .depth = dims[3]};
    LEAT_TRY(read_bad_color(k, &p));
    p.bytes = leat_scratch(k, (size_t)(p.pixels * p.depth));
    if (p.bytes == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for an image");
    for (int64_t i = 0; i < LEAT_MIN(dims[0], leat_attr_int(k->op, "max_images")); i++) {
        leat_status status = add_image(k, &b, tag, i, &p);
        if (status != LEAT_OK) {
            leat_buf_free(&b);
            return status;
        }
    }
    return leat_summary_out(k, &b);
}

static leat_status image_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 0, 0));
    LEAT_TRY(leat_infer_want_rank(c, 1, 4));
    c->out[0] = LEAT_SCALAR;
    return LEAT_OK;
}

const leat_op_def leat_op_ImageSummary = LEAT_OP(
    "ImageSummary(tag: string, tensor: T) -> summary: string; max_images: int >= 1 = 3; "
    "T: {uint8, float, half, double} = float; bad_color: tensor = none",
    .doc =
        "A Summary with up to max_images images (batch, height, width, 1, 3 or 4 channels) as PNG. Images of other "
        "types than uint8 are scaled to its range; bad_color stands for pixels that are not finite.",
    .shape = image_shape, .kernels = {{.fn = image_kernel}}, .gradient = leat_grad_none,
    .cost = leat_cost_moves);

LEAT_ROW(ImageSummary, "(string[] 'i', float[4,2,3,1] -1..1) -> any");
LEAT_ROW(ImageSummary, "(string[] 'i', uint8[1,2,2,3] 0..255) {max_images: 1} -> any");
LEAT_ROW(ImageSummary, "(string[] 'i', float[1,2,2,2] 0..1) fails 'channels'");
LEAT_ROW(ImageSummary, "(string[] 'i', float[1,0,2,1] 0..1) fails 'PNG'");
LEAT_ROW(ImageSummary, "(string[1] 't', float[1,1,1,1] 1) fails ''");

/* ---- AudioSummary ---- */

static void put_16(leat_buf *b, unsigned x)
{
    uint8_t bytes[2] = {(uint8_t)x, (uint8_t)(x >> 8)};
    leat_buf_append(b, bytes, sizeof bytes);
}

static void put_32(leat_buf *b, uint32_t x)
{
    put_16(b, x & 0xffff);
    put_16(b, x >> 16);
}

/* 16-bit PCM, as TensorFlow's wav_io writes it. */
static void put_wav(leat_buf *b, const float *x, uint32_t rate, uint32_t channels, int64_t frames)
{
    uint32_t bytes = (uint32_t)(frames * channels * 2);
    leat_buf_append(b, "RIFF", 4);
    put_32(b, 36 + bytes);
    leat_buf_append(b, "WAVEfmt ", 8);
    put_32(b, 16); /* of the format */
    put_16(b, 1);  /* PCM */
    put_16(b, channels);
    put_32(b, rate);
    put_32(b, rate * channels * 2);
    put_16(b, channels * 2);
    put_16(b, 16); /* bits */
    leat_buf_append(b, "data", 4);
    put_32(b, bytes);
    for (int64_t i = 0; i < frames * channels; i++) {
        float s = roundf(x[i] * 32768.0f);
        put_16(b, (unsigned)(uint16_t)(int16_t)(!(s > -32768.0f) ? -32768.0f : s < 32767.0f ? s : 32767.0f));
    }
}

static leat_status audio_run(leat_kernel *k, float rate)
{
    const leat_tensor *t = k->in[1];
    leat_bytes tag = {NULL, 0};
    leat_buf b = {0};
    int rank = leat_shape_rank(&t->shape);
    int64_t most = leat_attr_int(k->op, "max_outputs");
    LEAT_TRY(leat_summary_tag(k, &tag));
    if (rank != 2 && rank != 3)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "sound must be batch x frames (x channels), not of rank %d", rank);
    int64_t frames = t->shape.dims[1], channels = rank == 3 ? t->shape.dims[2] : 1;
    if (!(rate > 0) || !(rate < 4e9f))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "a sample rate of %g", (double)rate);
    if (frames < 1 || channels < 1 || channels > UINT16_MAX || frames > (INT32_MAX - 100) / (channels * 2))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%lld frames of %lld channels make no WAV",
                                (long long)frames, (long long)channels);
    for (int64_t i = 0; i < LEAT_MIN(t->shape.dims[0], most); i++) {
        size_t value = begin_item(&b, tag, "audio", i, most > 1),
               audio = leat_put_begin(&b, LEAT_VALUE_AUDIO);
        leat_put_float(&b, 1, rate);
        leat_put_uint(&b, 2, (uint64_t)channels);
        leat_put_uint(&b, 3, (uint64_t)frames);
        size_t wav = leat_put_begin(&b, 4);
        put_wav(&b, (const float *)t->data + i * frames * channels, (uint32_t)LEAT_MAX(lrintf(rate), 1),
                (uint32_t)channels, frames);
        leat_put_end(&b, wav);
        leat_put_string(&b, 5, "audio/wav");
        leat_put_end(&b, audio);
        leat_put_end(&b, value);
    }
    return leat_summary_out(k, &b);
}

static leat_status audio_kernel(leat_kernel *k)
{
    return audio_run(k, leat_attr_float(k->op, "sample_rate"));
}

static leat_status audio_v2_kernel(leat_kernel *k)
{
    if (k->in[2]->elements != 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "sample_rate must be a scalar");
    return audio_run(k, *(const float *)k->in[2]->data);
}

static leat_status audio_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 0, 0));
    c->out[0] = LEAT_SCALAR;
    return LEAT_OK;
}

const leat_op_def leat_op_AudioSummary = LEAT_OP(
    "AudioSummary(tag: string, tensor: float) -> summary: string; sample_rate: float; max_outputs: int >= 1 = 3",
    .doc = "A Summary with up to max_outputs sounds (batch x frames, or batch x frames x channels) as WAV.",
    .shape = audio_shape, .kernels = {{.fn = audio_kernel}}, .gradient = leat_grad_none,
    .cost = leat_cost_moves);

LEAT_ROW(AudioSummary, "(string[] 's', float[2,8] -1..1) {sample_rate: 8000.0} -> any");

const leat_op_def leat_op_AudioSummaryV2 = LEAT_OP(
    "AudioSummaryV2(tag: string, tensor: float, sample_rate: float) -> summary: string; max_outputs: int >= 1 = 3",
    .doc = "A Summary with up to max_outputs sounds (batch x frames, or batch x frames x channels) as WAV.",
    .shape = audio_shape, .kernels = {{.fn = audio_v2_kernel}}, .gradient = leat_grad_none,
    .cost = leat_cost_moves);

LEAT_ROW(AudioSummaryV2, "(string[] 's', float[1,8,2] -1..1, float[] 44100) {max_outputs: 1} -> any");
LEAT_ROW(AudioSummaryV2, "(string[] 's', float[1,8,2] -1..1, float[] 0) fails 'sample rate'");
LEAT_ROW(AudioSummaryV2, "(string[] 's', float[8] -1..1, float[] 1) fails 'rank 1'");
