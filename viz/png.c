/* PNG files by libpng: encoding with text metadata, and decoding with every limit checked first. */
#include "viz/canvas-private.h"
#include "config.h"
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

/* libpng leaves an error by longjmp: what must be freed then lives in this struct, not in locals. */
typedef struct coder {
    png_structp png;
    png_infop info;
    leat_buf *out;
    const unsigned char *in;
    size_t size, at;
    unsigned char *row;
    leat_image image;
    bool no_memory;
    char error[96];
} coder;

static void on_error(png_structp png, png_const_charp text)
{
    coder *k = png_get_error_ptr(png);
    snprintf(k->error, sizeof k->error, "%s", text);
    longjmp(png_jmpbuf(png), 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    (void)png, (void)text;
}

static png_voidp on_alloc(png_structp png, png_alloc_size_t n)
{
    void *p = leat_alloc(n);
    coder *k = png ? png_get_error_ptr(png) : NULL; /* libpng's first calls have no struct yet */
    if (p == NULL && k)
        k->no_memory = true;
    return p;
}

static void on_free(png_structp png, png_voidp p)
{
    (void)png;
    leat_free(p);
}

static void on_write(png_structp png, png_bytep data, size_t n)
{
    coder *k = png_get_io_ptr(png);
    leat_buf_append(k->out, data, n);
    if (k->out->failed)
        png_error(png, "out of memory");
}

static void on_flush(png_structp png)
{
    (void)png;
}

static bool opaque(const leat_image *image)
{
    size_t n = (size_t)image->width * image->height;
    for (size_t i = 0; i < n; i++)
        if (image->argb[i] >> 24 != 255)
            return false;
    return true;
}

static void pack_row(unsigned char *to, const uint32_t *argb, size_t n, bool alpha)
{
    for (size_t x = 0; x < n; x++) {
        *to++ = (unsigned char)(argb[x] >> 16);
        *to++ = (unsigned char)(argb[x] >> 8);
        *to++ = (unsigned char)argb[x];
        if (alpha)
            *to++ = (unsigned char)(argb[x] >> 24);
    }
}

static void write_png(coder *k, const leat_image *image, const char *title, double dpi, bool alpha)
{
    png_set_write_fn(k->png, k, on_write, on_flush);
    png_set_compression_level(k->png, 4);
    png_set_filter(k->png, 0, PNG_FILTER_NONE); /* flat areas: filters only cost time */
    png_set_IHDR(k->png, k->info, image->width, image->height, 8,
                 alpha ? PNG_COLOR_TYPE_RGBA : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (dpi > 0) {
        png_uint_32 per_metre = (png_uint_32)(dpi / 0.0254 + 0.5);
        png_set_pHYs(k->png, k->info, per_metre, per_metre, PNG_RESOLUTION_METER);
    }
    char software[] = "Leat " PACKAGE_VERSION, key_software[] = "Software", key_title[] = "Title",
         lang[] = "";
    png_text texts[2] = {
        {.compression = PNG_TEXT_COMPRESSION_NONE, .key = key_software, .text = software},
        {.compression = PNG_ITXT_COMPRESSION_NONE,
         .key = key_title,
         .text = (char *)title,
         .lang = lang,
         .lang_key = lang},
    };
    png_set_text(k->png, k->info, texts, title ? 2 : 1);
    png_write_info(k->png, k->info);
    for (size_t y = 0; y < image->height; y++) {
        pack_row(k->row, image->argb + y * image->width, image->width, alpha);
        png_write_row(k->png, k->row);
    }
    png_write_end(k->png, k->info);
}

/* setjmp's caller may not count on its locals: everything that outlives an error is the caller's. */
static leat_status try_write(coder *k, const leat_image *image, const char *title, double dpi, bool alpha)
{
    if (setjmp(png_jmpbuf(k->png)))
        return leat_fail(k->out->failed || k->no_memory ? LEAT_ERR_NO_MEMORY : LEAT_ERR_IO,
                         "encoding PNG: %s", k->error);
    write_png(k, image, title, dpi, alpha);
    return k->no_memory ? leat_fail(LEAT_ERR_NO_MEMORY, "encoding PNG: out of memory") : LEAT_OK;
}

leat_status leat_png_encode(leat_buf *out, const leat_image *image, const char *title, double dpi)
{
    coder k = {.out = out};
    leat_status status;
    k.png =
        png_create_write_struct_2(PNG_LIBPNG_VER_STRING, &k, on_error, on_warning, NULL, on_alloc, on_free);
    k.info = k.png ? png_create_info_struct(k.png) : NULL;
    k.row = leat_alloc((size_t)image->width * 4);
    if (k.info == NULL || k.row == NULL)
        status = leat_fail_memory((size_t)image->width * 4);
    else
        status = try_write(&k, image, title, dpi, !opaque(image));
    if (k.png)
        png_destroy_write_struct(&k.png, &k.info);
    leat_free(k.row);
    return status;
}

/* ---- decoding ---- */

static void on_read(png_structp png, png_bytep to, size_t n)
{
    coder *k = png_get_io_ptr(png);
    if (n > k->size - k->at)
        png_error(png, "the file ends early");
    memcpy(to, k->in + k->at, n);
    k->at += n;
}

static void read_header(coder *k, uint64_t max_pixels)
{
    png_set_read_fn(k->png, k, on_read);
    png_set_user_limits(k->png, 1000000, 1000000);
    png_set_chunk_malloc_max(k->png, 16 << 20);
    png_set_chunk_cache_max(k->png, 64);
    png_read_info(k->png, k->info);
    uint64_t w = png_get_image_width(k->png, k->info), h = png_get_image_height(k->png, k->info);
    if (w * h > max_pixels)
        png_error(k->png, "more pixels than allowed");
    k->image.width = (uint32_t)w;
    k->image.height = (uint32_t)h;
}

static void read_pixels(coder *k)
{
    png_set_expand(k->png);
    png_set_scale_16(k->png);
    png_set_gray_to_rgb(k->png);
    png_set_add_alpha(k->png, 255, PNG_FILLER_AFTER);
    png_set_bgr(k->png); /* bytes B G R A are 0xAARRGGBB on a little-endian machine */
    int passes = png_set_interlace_handling(k->png);
    png_read_update_info(k->png, k->info);
    if (png_get_rowbytes(k->png, k->info) != (size_t)k->image.width * 4)
        png_error(k->png, "unexpected pixel format");
    k->image.argb = leat_alloc_zero((size_t)k->image.width * k->image.height, 4);
    if (k->image.argb == NULL) {
        k->no_memory = true;
        png_error(k->png, "out of memory");
    }
    for (int pass = 0; pass < passes; pass++)
        for (size_t y = 0; y < k->image.height; y++)
            png_read_row(k->png, (png_bytep)(k->image.argb + y * k->image.width), NULL);
    png_read_end(k->png, NULL);
}

static leat_status try_read(coder *k, uint64_t max_pixels)
{
    if (setjmp(png_jmpbuf(k->png)))
        return leat_fail(k->no_memory ? LEAT_ERR_NO_MEMORY : LEAT_ERR_DATA_LOSS, "PNG image: %s", k->error);
    read_header(k, max_pixels);
    read_pixels(k);
    /* libpng does without what is not vital; whoever runs out of memory shall know it all the same. */
    return k->no_memory ? leat_fail(LEAT_ERR_NO_MEMORY, "PNG image: out of memory") : LEAT_OK;
}

leat_status leat_png_decode(const void *data, size_t size, uint64_t max_pixels, leat_image *image)
{
    coder k = {.in = data, .size = size};
    leat_status status;
    *image = (leat_image){0};
    if (size < 8 || png_sig_cmp(data, 0, 8) != 0)
        return leat_fail(LEAT_ERR_DATA_LOSS, "not a PNG image");
    k.png =
        png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &k, on_error, on_warning, NULL, on_alloc, on_free);
    k.info = k.png ? png_create_info_struct(k.png) : NULL;
    status = k.info ? try_read(&k, max_pixels) : leat_fail_memory(sizeof k);
    if (k.png)
        png_destroy_read_struct(&k.png, &k.info, NULL);
    if (status == LEAT_OK)
        *image = k.image;
    else
        leat_free(k.image.argb);
    return status;
}
