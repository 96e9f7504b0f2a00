/* PNG files as canvases need them: with text metadata and a resolution. */
#include "viz/canvas-private.h"
#include "events/png-private.h"
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
    unsigned char *row;
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
    png_set_compression_level(k->png, 3);
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

leat_status leat_image_encode(leat_buf *out, const leat_image *image, const char *title, double dpi)
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

/* ---- decoding, by the event files' own decoder ---- */

leat_status leat_image_decode(const void *png, size_t size, uint64_t max_pixels, leat_image *image)
{
    leat_png_image raw;
    *image = (leat_image){0};
    LEAT_TRY(leat_png_decode(&raw, png, size, max_pixels));
    *image = (leat_image){raw.width, raw.height, (uint32_t *)(void *)raw.pixels};
    size_t n = (size_t)raw.width * raw.height;
    for (size_t i = 0; i < n; i++) { /* bytes R G B A are 0xAABBGGRR on a little-endian machine */
        uint32_t v = image->argb[i];
        image->argb[i] = (v & 0xff00ff00) | (v >> 16 & 0xff) | (v & 0xff) << 16;
    }
    return LEAT_OK;
}
