/* What the first bytes of an encoded image say: enough to name what is not decoded here. */
#include "viz/canvas-private.h"
#include "events/png-private.h"
#include <string.h>

static uint32_t big16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t little16(const uint8_t *p)
{
    return (uint32_t)p[1] << 8 | p[0];
}

static uint32_t little24(const uint8_t *p)
{
    return little16(p) | (uint32_t)p[2] << 16;
}

static uint32_t little32(const uint8_t *p)
{
    return little24(p) | (uint32_t)p[3] << 24;
}

static bool png_size(const uint8_t *p, size_t n, leat_image_facts *f)
{
    return leat_png_dimensions(p, n, &f->width, &f->height);
}

/* Markers one after the other, each with its length, up to the frame's. */
static bool jpeg_size(const uint8_t *p, size_t n, leat_image_facts *f)
{
    for (size_t at = 2; at + 9 <= n;) {
        uint8_t marker = p[at + 1];
        if (p[at] != 0xff)
            return false;
        if (marker == 0xff) { /* fill */
            at++;
            continue;
        }
        bool frame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
        if (frame) {
            f->height = big16(p + at + 5);
            f->width = big16(p + at + 7);
            return true;
        }
        if (marker < 0xc0 || marker == 0xd9 || marker == 0xda || big16(p + at + 2) < 2)
            return false;
        at += 2 + big16(p + at + 2);
    }
    return false;
}

static bool gif_size(const uint8_t *p, size_t n, leat_image_facts *f)
{
    if (n < 10)
        return false;
    f->width = little16(p + 6);
    f->height = little16(p + 8);
    return true;
}

static bool bmp_size(const uint8_t *p, size_t n, leat_image_facts *f)
{
    if (n < 26 || little32(p + 14) < 40)
        return false;
    uint32_t height = little32(p + 22);
    f->width = little32(p + 18);
    f->height = height >> 31 ? 0 - height : height; /* negative: top row first */
    return true;
}

static bool webp_size(const uint8_t *p, size_t n, leat_image_facts *f)
{
    if (n < 30 || memcmp(p + 8, "WEBP", 4) != 0)
        return false;
    if (memcmp(p + 12, "VP8X", 4) == 0) {
        f->width = little24(p + 24) + 1;
        f->height = little24(p + 27) + 1;
    } else if (memcmp(p + 12, "VP8L", 4) == 0) {
        uint32_t bits = little32(p + 21);
        f->width = (bits & 0x3fff) + 1;
        f->height = (bits >> 14 & 0x3fff) + 1;
    } else {
        f->width = little16(p + 26) & 0x3fff;
        f->height = little16(p + 28) & 0x3fff;
    }
    return true;
}

bool leat_image_facts_of(const void *data, size_t n, leat_image_facts *facts)
{
    static const struct {
        const char *magic;
        size_t length;
        const char *name, *mime;
        bool (*size)(const uint8_t *p, size_t n, leat_image_facts *f);
    } formats[] = {
        {"\x89PNG\r\n\x1a\n", 8, "PNG", "image/png", png_size},
        {"\xff\xd8\xff", 3, "JPEG", "image/jpeg", jpeg_size},
        {"GIF87a", 6, "GIF", "image/gif", gif_size},
        {"GIF89a", 6, "GIF", "image/gif", gif_size},
        {"BM", 2, "BMP", "image/bmp", bmp_size},
        {"RIFF", 4, "WebP", "image/webp", webp_size},
    };
    *facts = (leat_image_facts){0};
    for (size_t i = 0; i < LEAT_LEN(formats); i++)
        if (n >= formats[i].length && memcmp(data, formats[i].magic, formats[i].length) == 0) {
            facts->name = formats[i].name;
            facts->mime = formats[i].mime;
            return formats[i].size(data, n, facts) && facts->width > 0 && facts->height > 0;
        }
    return false;
}
