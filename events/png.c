#include "config.h"
#include "png-private.h"

#include <png.h>
#include <setjmp.h>
#include <string.h>

/* libpng's calls may end in a longjmp to the function that called setjmp. All that is changed after setjmp and
 * read after the jump lives in this struct, whose address does not change. */
struct session {
    png_structp png;
    png_infop info;
    leat_buf *out;
    leat_status status;
    const uint8_t *in;
    size_t left;
    uint8_t *pixels;
};

static png_voidp allocate(png_structp png, png_alloc_size_t bytes)
{
    struct session *s = png_get_mem_ptr(png);
    void *pointer = leat_alloc(bytes);
    if (pointer == NULL && s != NULL) /* libpng does without what is not vital: the caller shall know */
        s->status = leat_fail_memory(bytes);
    return pointer;
}

static void release(png_structp png, png_voidp pointer)
{
    (void)png;
    leat_free(pointer);
}

static void on_error(png_structp png, png_const_charp text)
{
    struct session *s = png_get_error_ptr(png);
    if (s->status == LEAT_OK)
        s->status = leat_fail(LEAT_ERR_DATA_LOSS, "PNG: %s", text);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    (void)png, (void)text;
}

static void write_out(png_structp png, png_bytep bytes, png_size_t n)
{
    struct session *s = png_get_io_ptr(png);
    leat_buf_append(s->out, bytes, n);
    if (s->out->failed) {
        s->status = leat_buf_status(s->out);
        png_error(png, "out of memory");
    }
}

static void flush_out(png_structp png)
{
    (void)png;
}

static void read_in(png_structp png, png_bytep to, png_size_t n)
{
    struct session *s = png_get_io_ptr(png);
    if (n > s->left)
        png_error(png, "truncated");
    memcpy(to, s->in, n);
    s->in += n;
    s->left -= n;
}

static void encode(struct session *s, const uint8_t *pixels, size_t height, size_t width, size_t channels)
{
    static const int types[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                                PNG_COLOR_TYPE_RGB_ALPHA};
    if (setjmp(png_jmpbuf(s->png)))
        return;
    png_set_write_fn(s->png, s, write_out, flush_out);
    png_set_user_limits(s->png, INT32_MAX, INT32_MAX);
    png_set_IHDR(s->png, s->info, (png_uint_32)width, (png_uint_32)height, 8, types[channels - 1],
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(s->png, s->info);
    for (size_t row = 0; row < height; row++)
        png_write_row(s->png, pixels + row * width * channels);
    png_write_end(s->png, NULL);
}

leat_status leat_png_encode(leat_buf *out, const uint8_t *pixels, size_t height, size_t width,
                            size_t channels)
{
    if (channels < 1 || channels > 4)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "an image has 1 to 4 channels, not %zu", channels);
    if (height < 1 || width < 1 || height > INT32_MAX || width > INT32_MAX)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "an image cannot have %zu x %zu pixels", height, width);
    struct session s = {.out = out};
    s.png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, &s, on_error, on_warning, &s, allocate, release);
    s.info = s.png != NULL ? png_create_info_struct(s.png) : NULL;
    if (s.info != NULL)
        encode(&s, pixels, height, width, channels);
    else
        s.status = leat_fail_memory(sizeof(png_structp));
    png_destroy_write_struct(&s.png, &s.info);
    return s.status;
}

bool leat_png_dimensions(const void *png, size_t size, uint32_t *width, uint32_t *height)
{
    static const uint8_t start[16] = "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";
    const uint8_t *at = png;
    if (size < 24 || memcmp(at, start, sizeof start) != 0)
        return false;
    *width = (uint32_t)at[16] << 24 | (uint32_t)at[17] << 16 | (uint32_t)at[18] << 8 | at[19];
    *height = (uint32_t)at[20] << 24 | (uint32_t)at[21] << 16 | (uint32_t)at[22] << 8 | at[23];
    return *width > 0 && *height > 0;
}

static void decode(struct session *s, leat_png_image *image)
{
    if (setjmp(png_jmpbuf(s->png)))
        return;
    png_set_read_fn(s->png, s, read_in);
    png_set_user_limits(s->png, image->width, image->height);
    /* Ancillary chunks may inflate to anything; none is needed. */
    png_set_chunk_malloc_max(s->png, (png_alloc_size_t)1 << 20);
    png_read_info(s->png, s->info);
    png_set_expand(s->png);
    png_set_strip_16(s->png);
    png_set_gray_to_rgb(s->png);
    png_set_filler(s->png, 0xff, PNG_FILLER_AFTER);
    int passes = png_set_interlace_handling(s->png);
    png_read_update_info(s->png, s->info);
    size_t stride = png_get_rowbytes(s->png, s->info);
    if (stride != 4 * (size_t)image->width || png_get_image_height(s->png, s->info) != image->height)
        png_error(s->png, "unexpected layout");
    for (int pass = 0; pass < passes; pass++)
        for (uint32_t row = 0; row < image->height; row++)
            png_read_row(s->png, s->pixels + row * stride, NULL);
}

leat_status leat_png_decode(leat_png_image *image, const void *png, size_t size, uint64_t limit)
{
    *image = (leat_png_image){0};
    if (!leat_png_dimensions(png, size, &image->width, &image->height))
        return leat_fail(LEAT_ERR_DATA_LOSS, "not a PNG image");
    uint64_t count = (uint64_t)image->width * image->height;
    if (count > limit)
        return leat_fail(LEAT_ERR_OUT_OF_RANGE, "PNG of %u x %u pixels, more than the limit of %llu",
                         image->width, image->height, (unsigned long long)limit);
    struct session s = {.in = png, .left = size};
    s.pixels = leat_alloc_zero(count, 4);
    s.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &s, on_error, on_warning, &s, allocate, release);
    s.info = s.png != NULL ? png_create_info_struct(s.png) : NULL;
    if (s.pixels != NULL && s.info != NULL)
        decode(&s, image);
    else
        s.status = leat_fail_memory(4 * count);
    png_destroy_read_struct(&s.png, &s.info, NULL);
    if (s.status != LEAT_OK)
        leat_free(s.pixels);
    else
        image->pixels = s.pixels;
    return s.status;
}
