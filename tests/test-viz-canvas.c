/* The canvases: each format gets the same scene; the SVG and the trace are read back as text, the PNG as
 * pixels. */
#include "check.h"
#include "faults.h"
#include "base/file-private.h"
#include "viz/canvas-private.h"
#include "viz/theme-private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static leat_canvas *make(const char *format, leat_metrics metrics)
{
    leat_canvas *c = NULL;
    leat_canvas_options options = {.title = "Scene <1>", .metrics = metrics};
    CHECK_OK(leat_canvas_new(&c, leat_canvas_class_of(format), &options));
    return c;
}

static void draw_scene(leat_canvas *c)
{
    uint32_t pixels[4] = {0xffff0000, 0xff00ff00, 0xff0000ff, 0x80ffffff};
    leat_image image = {2, 2, pixels};
    leat_point curve[] = {{20, 150}, {60, 100}, {100, 200}, {140, 150}};
    leat_point triangle[] = {{200, 20}, {240, 90}, {160, 90}};
    leat_canvas_begin_page(c, 320, 240, "Page & one");
    leat_draw_rect(c, 0, 0, 320, 240, 0, &(leat_style){.fill = LEAT_RGB(0xffffff)});
    leat_push_group(c, &(leat_group){.id = "data", .class = "run", .title = "a \"run\" & <more>"});
    leat_draw_rect(c, 10, 10, 60, 30, 5, &(leat_style){.fill = 0xf9ab0080, .stroke = LEAT_RGB(0x425066)});
    leat_draw_ellipse(c, 110, 30, 25, 12, &(leat_style){.stroke = LEAT_RGB(0xe52592), .width = 2});
    leat_draw_polygon(c, triangle, 3, &(leat_style){.fill = LEAT_RGB(0x7cb342)});
    leat_push_clip(c, (leat_box){20, 100, 80, 100});
    leat_draw_path(c, "MC", curve, 4,
                   &(leat_style){.stroke = LEAT_RGB(0x9334e6), .width = 3, .dash = {6, 3}});
    leat_pop_clip(c);
    leat_pop_group(c);
    leat_draw_image(c, &image, (leat_box){250, 100, 40, 40});
    leat_draw_text(c, 160, 230, "loss 损失 خسارة",
                   &(leat_text_style){.font = {.size = 14}, .color = LEAT_RGB(0), .h = LEAT_MIDDLE});
    leat_draw_text(
        c, 12, 120, "turned",
        &(leat_text_style){.font = {11, .bold = true}, .color = LEAT_RGB(0), .angle = -90, .v = LEAT_CENTER});
    leat_canvas_end_page(c);
}

static bool holds(const leat_buf *b, const char *bytes, size_t n)
{
    for (size_t i = 0; i + n <= b->size; i++)
        if (memcmp(b->data + i, bytes, n) == 0)
            return true;
    return false;
}

LEAT_TEST(every_format_draws_the_scene)
{
    static const struct {
        const char *format, *magic;
    } rows[] = {{"png", "\x89PNG\r\n"}, {"svg", "<?xml"}, {"pdf", "%PDF-1."}, {"trace", "page 320 240"}};
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_buf out = {0};
        leat_canvas *c = make(rows[i].format, LEAT_METRICS_PANGO);
        REQUIRE(c != NULL);
        draw_scene(c);
        CHECK_OK(leat_canvas_finish(c, &out));
        CHECK(out.size > 200 && memcmp(out.data, rows[i].magic, strlen(rows[i].magic)) == 0);
        leat_canvas_free(c);
        leat_buf_free(&out);
    }
}

LEAT_TEST(a_class_is_found_by_name_and_suffix)
{
    CHECK(leat_canvas_class_of("svg") == &leat_canvas_svg);
    CHECK(leat_canvas_class_of_path("a.b/plot.PNG") == &leat_canvas_png);
    CHECK(leat_canvas_class_of_path("a.png/plot") == NULL);
    CHECK(leat_canvas_class_of_path("plot.jpeg") == NULL);
}

LEAT_TEST(png_holds_the_pixels_and_the_title)
{
    leat_buf out = {0};
    leat_image image;
    leat_canvas *c = make("png", LEAT_METRICS_PANGO);
    draw_scene(c);
    REQUIRE_OK(leat_canvas_finish(c, &out));
    leat_canvas_free(c);
    CHECK(holds(&out, "Scene <1>", 9));
    CHECK(holds(&out, "Software\0Leat", 13));
    REQUIRE_OK(leat_image_decode(out.data, out.size, 1000000, &image));
    CHECK(image.width == 320 && image.height == 240);
    CHECK(image.argb[0] == 0xffffffff);
    CHECK(image.argb[60 * 320 + 200] == 0xff7cb342);  /* the triangle */
    CHECK(image.argb[110 * 320 + 260] == 0xffff0000); /* the image's pixels keep their edges */
    CHECK(image.argb[130 * 320 + 260] == 0xff0000ff);
    /* f9ab00 at half over white */
    CHECK(image.argb[25 * 320 + 40] == 0xfffcd57f || image.argb[25 * 320 + 40] == 0xfffcd57e);
    size_t dark = 0;
    for (size_t i = 215 * 320; i < 235 * 320; i++)
        dark += (image.argb[i] & 0xff) < 100;
    CHECK(dark > 100); /* text */
    CHECK_FAILS(leat_image_decode(out.data, out.size, 320 * 240 - 1, &(leat_image){0}), LEAT_ERR_OUT_OF_RANGE,
                "more than the limit");
    CHECK_FAILS(leat_image_decode(out.data, out.size / 2, 1000000, &(leat_image){0}), LEAT_ERR_DATA_LOSS,
                "truncated");
    CHECK_FAILS(leat_image_decode("GIF89a..", 8, 1000000, &(leat_image){0}), LEAT_ERR_DATA_LOSS, "not a PNG");
    leat_free(image.argb);
    leat_buf_free(&out);
}

LEAT_TEST(svg_is_data_never_markup)
{
    static const char *const names[] = {"<script>alert(1)</script>",
                                        "\" onload=\"x",
                                        "a\x1b[31m",
                                        "\xff\xfe broken",
                                        "abc\xe2\x80\xaetxt.exe",
                                        "]]>",
                                        "&lt;",
                                        "'",
                                        "nul-\x01-\x7f"};
    leat_buf out = {0};
    leat_canvas *c = make("svg", LEAT_METRICS_PANGO);
    leat_canvas_begin_page(c, 400, 300, NULL);
    for (size_t i = 0; i < LEAT_LEN(names); i++) {
        leat_push_group(c, &(leat_group){.title = names[i], .class = names[i], .id = names[i]});
        leat_draw_text(c, 10, 20 + 20 * (double)i, names[i],
                       &(leat_text_style){.font = {.size = 12}, .color = LEAT_RGB(0)});
        leat_pop_group(c);
    }
    REQUIRE_OK(leat_canvas_finish(c, &out));
    leat_canvas_free(c);
    CHECK(strstr(out.data, "<script") == NULL);
    CHECK(strstr(out.data, "\" onload") == NULL);
    CHECK(strstr(out.data, "\x1b") == NULL);
    CHECK(strstr(out.data, "\xe2\x80\xae") == NULL);
    CHECK(strstr(out.data, "a\\x1b[31m") != NULL);
    CHECK(strstr(out.data, "\xef\xbf\xbd\xef\xbf\xbd broken") != NULL);
    CHECK(leat_utf8_valid(out.data, out.size));
    char path[512], command[1100];
    snprintf(path, sizeof path, "%s/names.svg", check_temp_dir());
    REQUIRE_OK(leat_file_replace(path, out.data, out.size, false));
    leat_buf_free(&out);
    if (system("command -v xmllint >/dev/null 2>&1") != 0)
        SKIP("no xmllint");
    snprintf(command, sizeof command, "xmllint --noout %s", path);
    CHECK(system(command) == 0);
}

/* Browsers join spaces, and stretch what is left to the text's length. */
LEAT_TEST(svg_keeps_spaces_that_matter)
{
    static const struct {
        const char *text;
        bool kept;
    } rows[] = {{"one two", false}, {"    return x", true}, {"end ", true}, {"a  b", true}, {"", false}};
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_buf out = {0};
        leat_canvas *c = make("svg", LEAT_METRICS_FIXED);
        leat_canvas_begin_page(c, 400, 300, NULL);
        leat_draw_text(c, 10, 20, rows[i].text, &(leat_text_style){.font = {.size = 12}, .color = 0xff});
        REQUIRE_OK(leat_canvas_finish(c, &out));
        leat_canvas_free(c);
        const char *at = strstr(out.data, "<text");
        CHECK((at && strstr(at, "xml:space=\"preserve\"") != NULL) == rows[i].kept);
        leat_buf_free(&out);
    }
}

LEAT_TEST(text_is_cleaned)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"plain", "plain"},
        {"two\nlines\tand\r\x7f", "two lines and \\x7f"},
        {"\xe2\x80\xaeinvoice\xe2\x80\xac", "invoice"}, /* right-to-left override */
        {"\xe2\x81\xa6x\xe2\x81\xa9\xef\xbb\xbf", "x"}, /* isolates, byte order mark */
        {"a\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81", "a\xcc\x81\xcc\x81\xcc\x81"}, /* towers of accents */
        {"\xed\xa0\x80|\xc0\xaf|\xf5",
         "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd|\xef\xbf\xbd"},
        {"\xc2\x9b"
         "31m",
         "\\x9b31m"},
        {"\xe2\x80\xa8", " "},
        {"\xef\xbf\xbf", "\xef\xbf\xbd"},
        {"损失", "损失"},
    };
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_buf b = {0};
        leat_text_clean(&b, rows[i].text, strlen(rows[i].text));
        leat_buf_putc(&b, '\0');
        CHECK_STR(b.data, rows[i].want);
        leat_buf_free(&b);
    }
    leat_buf b = {0};
    leat_text_clean(&b, "a\0b", 3);
    leat_buf_putc(&b, '\0');
    CHECK_STR(b.data, "a\\x00b");
    leat_buf_free(&b);
}

LEAT_TEST(text_is_shortened_in_its_middle)
{
    leat_canvas *c = make("trace", LEAT_METRICS_FIXED);
    leat_font font = {.size = 10}; /* 5.5 a letter, 10 a wide one */
    static const struct {
        const char *text;
        double width;
        const char *want;
    } rows[] = {
        {"gradients/loss", 100, "gradients/loss"},
        {"gradients/loss", 40, "gra…oss"},
        {"gradients/loss", 38, "gra…ss"},
        {"gradients/loss", 5.5, "…"},
        {"gradients/loss", 3, ""},
        {"", 30, ""},
        {"损失函数的值", 35, "损…值"},
        {"e\xcc\x81t\xc3\xa9 e\xcc\x81t\xc3\xa9", 16.6,
         "e\xcc\x81…\xc3\xa9"}, /* an accent stays with its letter */
    };
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        char *got = leat_shorten_text(c, rows[i].text, &font, rows[i].width);
        CHECK_STR(got, rows[i].want);
        leat_free(got);
    }
    leat_canvas_free(c);
}

LEAT_TEST(shortened_text_fits_with_real_fonts)
{
    static const char *const texts[] = {"train/layer_17/kernel/Adam/learning_rate",
                                        "متوسط الخسارة في التدريب",
                                        "一个非常非常长的标签名字",
                                        "iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii",
                                        "ความสูญเสียเฉลี่ย",
                                        "WWWWWWWWWWWWWWWWWWW"};
    leat_canvas *c = make("trace", LEAT_METRICS_PANGO);
    for (size_t i = 0; i < LEAT_LEN(texts); i++)
        for (double width = 5; width < 300; width *= 1.7) {
            leat_font font = {.size = 11};
            char *got = leat_shorten_text(c, texts[i], &font, width);
            REQUIRE(got != NULL);
            CHECK(leat_text_width(c, got, &font) <= width);
            CHECK(width < 40 || strlen(got) > 3);
            leat_free(got);
        }
    char *huge = malloc(1000001);
    memset(huge, 'x', 1000000);
    huge[1000000] = '\0';
    char *got = leat_shorten_text(c, huge, &(leat_font){.size = 11}, 100);
    CHECK(got != NULL && strlen(got) < 40);
    leat_free(got);
    free(huge);
    leat_canvas_free(c);
}

LEAT_TEST(paragraphs_are_wrapped)
{
    leat_canvas *c = make("trace", LEAT_METRICS_FIXED);
    char **lines;
    size_t n;
    leat_wrap_text(c, "the quick brown fox jumps over the dog", &(leat_font){.size = 10}, 60, 9, &lines, &n);
    REQUIRE(n == 4);
    CHECK_STR(lines[0], "the quick");
    CHECK_STR(lines[3], "the dog");
    leat_free_lines(lines, n);
    leat_wrap_text(c, "the quick brown fox jumps over the dog", &(leat_font){.size = 10}, 60, 2, &lines, &n);
    REQUIRE(n == 2);
    CHECK_STR(lines[1], "brown…dog");
    leat_free_lines(lines, n);
    leat_wrap_text(c, "abcdefghijklmnopqrstuvwxyz 损失函数的值", &(leat_font){.size = 10}, 60, 9, &lines, &n);
    REQUIRE(n == 4);
    CHECK_STR(lines[0], "abcdefghij");
    CHECK_STR(lines[2], "uvwxyz 损失");
    leat_free_lines(lines, n);
    leat_wrap_text(c, "", &(leat_font){.size = 10}, 60, 9, &lines, &n);
    CHECK(n == 0 && lines == NULL);
    leat_canvas_free(c);
}

LEAT_TEST(the_first_error_stays)
{
    leat_canvas *c = make("svg", LEAT_METRICS_FIXED);
    leat_buf out = {0};
    leat_draw_rect(c, 0, 0, 1, 1, 0, &(leat_style){.fill = 0xff});
    leat_canvas_begin_page(c, 1e9, 1, NULL);
    leat_canvas_begin_page(c, 10, 10, NULL);
    CHECK_FAILS(leat_canvas_finish(c, &out), LEAT_ERR_FAILED_PRECONDITION, "outside a page");
    CHECK(out.size == 0);
    leat_canvas_free(c);
    c = make("svg", LEAT_METRICS_FIXED);
    leat_canvas_begin_page(c, 10, 10, NULL);
    leat_push_group(c, &(leat_group){.id = "a"});
    leat_pop_clip(c);
    CHECK_FAILS(leat_canvas_finish(c, &out), LEAT_ERR_FAILED_PRECONDITION, "do not nest");
    leat_canvas_free(c);
    c = make("png", LEAT_METRICS_PANGO);
    leat_canvas_begin_page(c, 30000, 10, NULL);
    CHECK_FAILS(leat_canvas_finish(c, &out), LEAT_ERR_INVALID_ARGUMENT, "picture size");
    leat_canvas_free(c);
    CHECK_FAILS(leat_canvas_new(&c, leat_canvas_class_of("bmp"), NULL), LEAT_ERR_INVALID_ARGUMENT,
                "picture format");
}

LEAT_TEST(pdf_has_pages_outline_and_links)
{
    leat_buf out = {0};
    leat_canvas *c = make("pdf", LEAT_METRICS_PANGO);
    for (int i = 0; i < 3; i++) {
        leat_canvas_begin_page(c, 595, 842, i == 1 ? "Second" : NULL);
        leat_draw_rect(c, 0, 0, 595, 842, 0, &(leat_style){.fill = 0xffffffff});
        leat_push_group(c, &(leat_group){.link = i == 0   ? "there"
                                                 : i == 1 ? "page-3"
                                                          : NULL,
                                         .id = i == 2 ? "there" : NULL});
        leat_draw_text(c, 100, 100, i == 2 ? "target" : "text",
                       &(leat_text_style){.font = {.size = 12}, .color = 0xff});
        leat_pop_group(c);
        leat_canvas_end_page(c);
    }
    REQUIRE_OK(leat_canvas_finish(c, &out));
    leat_canvas_free(c);
    char path[512], command[1100];
    snprintf(path, sizeof path, "%s/pages.pdf", check_temp_dir());
    REQUIRE_OK(leat_file_replace(path, out.data, out.size, false));
    leat_buf_free(&out);
    static const char *const parts[] = {"/Dest (there)", "/Dest (page-3)", " (there) [", " (page-3) ["};
    for (size_t i = 0; i < LEAT_LEN(parts); i++) {
        snprintf(command, sizeof command, "grep -aqF '%s' %s", parts[i], path);
        CHECK(system(command) == 0);
    }
    if (system("command -v pdftotext >/dev/null 2>&1") != 0)
        SKIP("no pdftotext");
    snprintf(command, sizeof command, "pdftotext -f 3 -l 3 %s - | grep -q target", path);
    CHECK(system(command) == 0);
}

/* Of the allocations that are ours (pango and cairo have their own, and end the program), each fails once. */
LEAT_TEST(each_allocation_may_fail)
{
    static const char *const formats[] = {"png", "svg", "pdf", "trace"};
    for (size_t i = 0; i < LEAT_LEN(formats); i++)
        EACH_FAULT (f, LEAT_FAULT_ALLOC, ENOMEM) {
            leat_canvas *c = NULL;
            leat_buf out = {0};
            leat_canvas_options options = {.title = "t", .prefix = "p"};
            fault_start(&f);
            leat_status status = leat_canvas_new(&c, leat_canvas_class_of(formats[i]), &options);
            if (status == LEAT_OK) {
                draw_scene(c);
                status = leat_canvas_finish(c, &out);
            }
            CHECK(fault_end(&f) ? status == LEAT_ERR_NO_MEMORY : status == LEAT_OK && f.nth > 5);
            leat_canvas_free(c);
            leat_buf_free(&out);
        }
}

LEAT_TEST(text_of_every_theme_can_be_read)
{
    for (int dark = 0; dark < 2; dark++) {
        leat_theme t = leat_theme_make(dark, LEAT_PALETTE_TENSORBOARD);
        leat_color text[] = {t.ink, t.muted, t.alert};
        for (size_t i = 0; i < LEAT_LEN(text); i++) {
            CHECK(leat_color_contrast(text[i], t.page) >= 4.5);
            CHECK(leat_color_contrast(text[i], t.panel) >= 4.5);
        }
        for (size_t i = 0; i < t.n_palette; i++) {
            CHECK(leat_color_contrast(leat_color_readable(t.palette[i], t.page, 4.5), t.page) >= 4.5);
            CHECK(leat_color_contrast(leat_color_ink_on(t.palette[i]), t.palette[i]) >= 4.5);
        }
    }
    CHECK(leat_color_hsl(180, 0.5, 0.5) == LEAT_RGB(0x40bfbf));
    CHECK(leat_color_over(0x00000080, LEAT_RGB(0xffffff)) == LEAT_RGB(0x7f7f7f));
}
