/* Logs that are damaged or meant to do harm, through every command that reads logs and into every kind of output,
 * numbered as in the catalogue of bad inputs. tests/test-bad-events.c has what the reader keeps of each. */
#include "config.h"
#include "check.h"
#include "event-builder.h"
#include "base/file-private.h"
#include "events/record-private.h"
#include "viz/canvas-private.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the logs ---- */

typedef struct row {
    int number;
    const char *what;
    void (*spoil)(leat_buf *file); /* NULL: the name does the harm */
    const char *name;              /* of the run, its tags, texts and nodes; NULL: "x" */
    bool nothing;                  /* is left to draw */
    const char *says;              /* on standard error, when it is plotted */
} row;

/* Records from the end, each of five scalars having `size` bytes. */
static size_t record_size(void)
{
    leat_buf b = {0};
    build_scalar(&b, "x", 1, 1);
    size_t n = b.size;
    leat_buf_free(&b);
    return n;
}

static void truncate_last(leat_buf *b)
{
    b->size -= 5;
}

static void bad_length_crc(leat_buf *b)
{
    b->data[b->size - 3 * record_size() + 8] ^= 0x40;
}

static void bad_data_crc(leat_buf *b)
{
    b->data[b->size - 2 * record_size() - 1] ^= 0x20;
}

static void huge_length(leat_buf *b)
{
    uint64_t length = UINT64_C(1) << 63;
    char *at = b->data + b->size - 2 * record_size();
    memcpy(at, &length, 8);
    uint32_t crc = leat_crc32c_mask(leat_crc32c(&length, 8));
    memcpy(at + 8, &crc, 4);
}

static void bad_proto(leat_buf *b)
{
    build_record(b, "\x0f\x0f\x0f", 3);
}

static void nan_time(leat_buf *b)
{
    build_event(b, NAN, 6, LEAT_EVENT_SUMMARY, "", 0);
}

static void step_back(leat_buf *b)
{
    build_scalar(b, "x", 0, 3);
}

static void bucket_mismatch(leat_buf *b)
{
    leat_buf h = {0};
    const double limits[2] = {1, 2}, counts[1] = {1};
    leat_put_bytes(&h, 6, limits, sizeof limits);
    leat_put_bytes(&h, 7, counts, sizeof counts);
    build_value(b, "h", 6, LEAT_VALUE_HISTO, h.data, h.size, NULL);
    leat_buf_free(&h);
}

static void add_image(leat_buf *b, const char *tag, const void *bytes, size_t n)
{
    leat_buf image = {0};
    leat_put_bytes(&image, 4, bytes, n);
    build_value(b, tag, 6, LEAT_VALUE_IMAGE, image.data, image.size, NULL);
    leat_buf_free(&image);
}

static void png_bomb(leat_buf *b)
{
    add_image(b, "i", "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x06\0\0\0", 29);
}

static void odd_images(leat_buf *b)
{
    leat_buf png = {0};
    uint32_t *pixels = leat_alloc_zero(100000, 4);
    CHECK_OK(leat_image_encode(&png, &(leat_image){100000, 1, pixels}, NULL, 0));
    add_image(b, "i/wide", png.data, png.size);
    add_image(b, "i/empty", "", 0);
    add_image(b, "i/svg", "<svg onload='alert(1)'/>", 24);
    add_image(b, "i/gif", "GIF89a\x01\0\x01\0\0\0\0", 13);
    leat_buf_free(&png);
    leat_free(pixels);
}

static void gzip(leat_buf *b)
{
    memcpy(b->data, "\x1f\x8b\x08\0\0\0\0\0\0\3", 10);
    for (size_t i = 10; i < b->size; i++)
        b->data[i] = (char)(i * 7919 >> 3);
}

static void huge_values(leat_buf *b)
{
    double values[] = {1e308, -1e308, 1.7976931348623157e308, NAN, INFINITY};
    for (int i = 0; i < 5; i++) {
        leat_buf t = {0};
        build_tensor(&t, 2, "", 6, &values[i], 8);
        build_value(b, "huge", i, LEAT_VALUE_TENSOR, t.data, t.size, "scalars");
        leat_buf_free(&t);
    }
}

static const row rows[] = {
    {98, "truncated tail", truncate_last, NULL, false, NULL},
    {99, "bad length CRC", bad_length_crc, NULL, false, "length checksum mismatch"},
    {100, "bad data CRC", bad_data_crc, NULL, false, "data checksum mismatch"},
    {101, "length 2^63", huge_length, NULL, false, "record of more than 2 GiB"},
    {102, "bad proto", bad_proto, NULL, false, "malformed event"},
    {103, "NaN time", nan_time, NULL, false, "wall time is not a number"},
    {104, "decreasing step", step_back, NULL, false, NULL},
    {106, "bucket mismatch", bucket_mismatch, NULL, false, "different numbers of limits and buckets"},
    {107, "PNG bomb", png_bomb, NULL, false, NULL},
    {108, "gzip file", gzip, NULL, true, NULL},
    {116, "script", NULL, "<script>document.title='harm'</script>", false, NULL},
    {116, "handler", NULL, "<img src=x onerror=document.title='harm'>", false, NULL},
    {116, "from elsewhere", NULL, "<image href='http://harm.invalid/'/>@import url(http://harm.invalid/);",
     false, NULL},
    {117, "quotes", NULL, "\" onmouseover=\"document.title='harm'\" ' onload='x", false, NULL},
    {118, "end of script", NULL, "</script></title></style>\xe2\x80\xa8-->]]>", false, NULL},
    {119, "controls", NULL,
     "a\x01\x02\x08\x1f\x7f\xc2\x85"
     "b",
     false, NULL},
    {120, "javascript link", NULL, "javascript:document.title='harm'", false, NULL},
    {121, "right to left", NULL, "\xe2\x80\xaegnp.exe\xe2\x81\xa6z", false, NULL},
    {122, "images", odd_images, NULL, false, NULL},
    {123, "values of 1e308", huge_values, NULL, false, NULL},
    {124, "formulas", NULL, "=cmd|'/c calc'!A0", false, NULL},
    {124, "formula after @", NULL, "@SUM(1+1)*cmd", false, NULL},
    {125, "terminal", NULL,
     "\x1b]0;harm\x07\x1b[31m\x9b"
     "31m",
     false, NULL},
    {125, "invalid UTF-8", NULL, "\xff\xfe\xc0\xaf\xed\xa0\x80", false, NULL},
};

static void put_node(leat_buf *graph, const char *name, const char *op, const char *input)
{
    size_t node = leat_put_begin(graph, 1);
    leat_put_string(graph, 1, name);
    leat_put_string(graph, 2, op);
    if (input)
        leat_put_string(graph, 3, input);
    leat_put_end(graph, node);
}

/* The name wherever a log has one. */
static void add_named(leat_buf *b, const char *name)
{
    leat_buf graph = {0}, text = {0}, h = {0};
    const double limits[2] = {1, 2}, counts[2] = {1, 3};
    put_node(&graph, name, name, NULL);
    put_node(&graph, "y", "NoOp", name);
    build_event(b, 1000, 0, LEAT_EVENT_GRAPH_DEF, graph.data, graph.size);
    build_tensor(&text, 7, "", 8, name, strlen(name));
    build_value(b, name, 1, LEAT_VALUE_TENSOR, text.data, text.size, "text");
    leat_put_bytes(&h, 6, limits, sizeof limits);
    leat_put_bytes(&h, 7, counts, sizeof counts);
    build_value(b, name, 1, LEAT_VALUE_HISTO, h.data, h.size, NULL);
    add_image(b, name, name, strlen(name));
    leat_buf_free(&graph);
    leat_buf_free(&text);
    leat_buf_free(&h);
}

/* The run's directory is called by the name, too, as far as a file system allows. */
static void make_log(const row *r, const char *dir, leat_buf *file)
{
    const char *name = r->name ? r->name : "x";
    char run[300];
    build_version(file, 2);
    if (r->name)
        add_named(file, name);
    for (int i = 1; i <= 5; i++)
        build_scalar(file, name, i, (float)i);
    if (r->spoil)
        r->spoil(file);
    snprintf(run, sizeof run, "%s/log/%s", dir, r->name ? r->name : ".");
    for (char *p = run + strlen(dir) + 5; *p; p++)
        *p = *p == '/' && p[1] != '\0' ? '_' : *p;
    build_save(file, run, "events.out.tfevents.1");
    build_save(file, dir, "copy");
}

/* ---- what is made of them ---- */

static const char *tool_dir(void)
{
    const char *dir = getenv("LEAT_BUILDDIR");
    return dir ? dir : ".";
}

/* Runs `leat ARGUMENTS` in the directory, standard output and error going to "out" and "err". */
static int run_tool(const char *dir, const char *arguments)
{
    char command[900], cwd[500];
    if (tool_dir()[0] != '/' && getcwd(cwd, sizeof cwd) == NULL)
        return -1;
    snprintf(command, sizeof command, "cd %s && %s%s%s/leat %s >out 2>err", dir,
             tool_dir()[0] == '/' ? "" : cwd, tool_dir()[0] == '/' ? "" : "/", tool_dir(), arguments);
    int state = system(command);
    return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}

static bool shell(const char *dir, const char *command)
{
    char all[900];
    snprintf(all, sizeof all, "cd %s && %s", dir, command);
    return system(all) == 0;
}

static void read_file(const char *dir, const char *name, leat_buf *b)
{
    char *path = leat_path_join(dir, name);
    leat_buf_clear(b);
    CHECK_OK(leat_file_read_all(path, 0, b));
    leat_buf_putc(b, '\0');
    b->size--;
    leat_free(path);
}

static void complain(const row *r, const char *command, const char *about)
{
    char text[600];
    snprintf(text, sizeof text, "%d, %s: %s: %s", r->number, r->what, command, about);
    CU_assertImplementation(CU_FALSE, __LINE__, text, __FILE__, "", CU_FALSE);
}

/* Text that a terminal shows as it is: valid, no controls but line breaks (and tabs), nothing that turns it round. */
static bool harmless(const leat_buf *b)
{
    for (size_t i = 0; i < b->size; i++) {
        unsigned char c = (unsigned char)b->data[i];
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
            return false;
    }
    return leat_utf8_valid(b->data, b->size) && strstr(b->data, "\xc2\x85") == NULL &&
           strstr(b->data, "\xc2\x9b") == NULL && strstr(b->data, "\xe2\x80\xae") == NULL &&
           strstr(b->data, "\xe2\x81\xa6") == NULL;
}

static bool is_markup_safe(const leat_buf *b)
{
    static const char *const never[] = {"<script", "<img", "\" on", "' on", "href=\"javascript", "&#106;"};
    for (size_t i = 0; i < LEAT_LEN(never); i++)
        if (strstr(b->data, never[i]) != NULL)
            return false;
    return harmless(b);
}

/* No cell that a spreadsheet would compute. (A CSV has no way to escape anything else: other bytes stay as they are.) */
static bool is_csv_safe(const leat_buf *b)
{
    for (size_t i = 0; i < b->size; i++) {
        bool begins = i == 0 || strchr(",\n", b->data[i - 1]) ||
                      (b->data[i - 1] == '"' && strchr(",\n", b->data[i - 2]));
        if (begins && strchr("=@+", b->data[i]))
            return false;
        if (begins && b->data[i] == '-' && !strchr("0123456789.iI", b->data[i + 1]))
            return false;
    }
    return true;
}

static const struct job {
    const char *arguments, *output;
    const char
        *check; /* a shell command that must succeed on the output, where its first word exists; NULL: none */
    bool (*safe)(const leat_buf *b);
    bool needs_data; /* else it is done without, too */
} jobs[] = {
    {"plot log -o p.svg", "p.svg", "xmllint --noout p.svg", is_markup_safe, true},
    {"plot log -o l.svg --log-y --log-x", "l.svg", "xmllint --noout l.svg", is_markup_safe, true},
    {"plot log -o p.png", "p.png", NULL, NULL, true},
    {"report log -o r", "r/index.html", "xmllint --noout r/index.html", is_markup_safe, false},
    {"report log -o r.html", "r.html", "xmllint --noout r.html", is_markup_safe, false},
    {"export log -o e.csv", "e.csv", NULL, is_csv_safe, false},
    {"export log -o e.json", "e.json", "python3 -m json.tool e.json >/dev/null", harmless, false},
    {"inspect log", "out", NULL, harmless, false},
    {"inspect log --json", "out", "python3 -m json.tool out >/dev/null", harmless, false},
};
/* Where the harm is not in the records' frames. */
static const struct job deep_jobs[] = {
    {"plot log -o p.pdf", "p.pdf", "pdftotext p.pdf - >/dev/null", NULL, true},
    {"report log -o r.pdf", "r.pdf", "pdftotext r.pdf - >/dev/null", NULL, false},
};
static const struct job named_jobs[] = {
    {"graph log -o g.svg", "g.svg", "xmllint --noout g.svg", is_markup_safe, true},
    {"graph log -o g.pdf", "g.pdf", "pdftotext g.pdf - >/dev/null", NULL, true},
    {"plot log -o t.svg --kind text", "t.svg", "xmllint --noout t.svg", is_markup_safe, true},
    {"plot log -o h.svg --kind histograms", "h.svg", "xmllint --noout h.svg", is_markup_safe, true},
    {"plot log -o i.svg --kind images", "i.svg", "xmllint --noout i.svg", is_markup_safe, true},
};

static void check_output(const row *r, const char *dir, const struct job *j)
{
    leat_buf b = {0};
    read_file(dir, j->output, &b);
    if (j->safe && !j->safe(&b))
        complain(r, j->arguments, "harmful output");
    char command[300], program[40];
    if (j->check) {
        sscanf(j->check, "%39s", program);
        snprintf(command, sizeof command, "if command -v %s >/dev/null; then %s; fi", program, j->check);
        if (!shell(dir, command))
            complain(r, j->arguments, j->check);
    }
    leat_buf_free(&b);
}

static void do_job(const row *r, const char *dir, const struct job *j)
{
    leat_buf err = {0};
    int code = run_tool(dir, j->arguments), want = r->nothing && j->needs_data ? 2 : 0;
    char text[80];
    read_file(dir, "err", &err);
    if (code != want) {
        snprintf(text, sizeof text, "exit %d: %.50s", code, err.data);
        complain(r, j->arguments, text);
    } else if (code == 0) {
        check_output(r, dir, j);
    }
    if (!harmless(&err))
        complain(r, j->arguments, "harmful message");
    if (j == &jobs[0] && r->says && strstr(err.data, r->says) == NULL)
        complain(r, j->arguments, "does not say what is wrong");
    leat_buf_free(&err);
}

LEAT_TEST(bad_logs_do_no_harm)
{
    char *tool = leat_path_join(tool_dir(), "leat");
    bool there = leat_path_kind_of(tool) == LEAT_PATH_FILE;
    leat_free(tool);
    if (!there)
        SKIP("no tool");
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        const char *dir = check_temp_dir();
        leat_buf file = {0};
        make_log(&rows[i], dir, &file);
        for (size_t k = 0; k < LEAT_LEN(jobs); k++)
            do_job(&rows[i], dir, &jobs[k]);
        for (size_t k = 0; k < LEAT_LEN(deep_jobs) && rows[i].number >= 107; k++)
            do_job(&rows[i], dir, &deep_jobs[k]);
        for (size_t k = 0; k < LEAT_LEN(named_jobs) && rows[i].name; k++)
            do_job(&rows[i], dir, &named_jobs[k]);
        if (!shell(dir, "test $(find log -type f | wc -l) = 1 && find log -type f -exec cmp {} copy \\;"))
            complain(&rows[i], "all", "the log was changed");
        leat_buf_free(&file);
    }
}

LEAT_TEST(a_directory_without_event_files_is_no_log)
{
    static const char *const commands[] = {"plot log -o p.svg", "report log -o r", "report log -o r.pdf",
                                           "export log -o e.csv", "export log -o e.json"};
    const char *dir = check_temp_dir();
    leat_buf err = {0};
    CHECK(shell(dir, "mkdir -p log/empty && echo text >log/notes.txt"));
    for (size_t i = 0; i < LEAT_LEN(commands); i++) {
        CHECK(run_tool(dir, commands[i]) == 2);
        read_file(dir, "err", &err);
        CHECK_STR(err.data, "leat: log: no event files found\n");
    }
    CHECK(shell(dir, "test $(ls | wc -l) = 3")); /* log, out and err: nothing was made */
    leat_buf_free(&err);
}

/* Every thread that draws holds a picture: the bounds are meant for two processors. */
static void keep_to_two_processors(void)
{
    cpu_set_t all, two;
    CPU_ZERO(&two);
    sched_getaffinity(0, sizeof all, &all);
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&two) < 2; i++)
        if (CPU_ISSET(i, &all))
            CPU_SET(i, &two);
    sched_setaffinity(0, sizeof two, &two);
}

/* Runs `leat A B` (and -o C), its output thrown away: what it used, maxrss -1 where it failed. */
static struct rusage use_of(const char *a, const char *b, const char *c)
{
    char *tool = leat_path_join(tool_dir(), "leat");
    struct rusage use = {0};
    int state = -1;
    fflush(stdout); /* or the child would print it, too */
    pid_t child = fork();
    if (child == 0) {
        keep_to_two_processors();
        if (freopen("/dev/null", "w", stdout) != NULL)
            execl(tool, tool, a, b, c ? "-o" : NULL, c, (char *)NULL);
        _exit(99);
    }
    leat_free(tool);
    if (child <= 0 || wait4(child, &state, 0, &use) != child || state != 0)
        use.ru_maxrss = -1;
    return use;
}

static double seconds_of(const struct rusage *use)
{
    return (double)(use->ru_utime.tv_sec + use->ru_stime.tv_sec) +
           1e-6 * (double)(use->ru_utime.tv_usec + use->ru_stime.tv_usec);
}

/* The catalogue's bounds: 64 MiB and twice the file; a second, of two processors on a machine that does nothing else.
 * What is asked of a busy one is four seconds of processor time. */
static void check_use(const char *dir, const char *const job[2], double most)
{
    char log[200], out[200];
    snprintf(log, sizeof log, "%s/log", dir);
    snprintf(out, sizeof out, "%s/%s", dir, job[1] ? job[1] : "");
    struct rusage use = use_of(job[0], log, job[1] ? out : NULL);
    double mib = (double)use.ru_maxrss / 1024;
    printf("\n    %s %s: %.0f MiB of %.0f, %.2f s ", job[0], job[1] ? job[1] : "", mib, most,
           seconds_of(&use));
    CHECK(mib > 0 && mib <= most && seconds_of(&use) < 4);
}

/* A million series, in all runs together; of each tag the report draws, as many series are left to others.csv. */
static void check_tags(const char *format, int runs, int together)
{
    static const char *const commands[][2] = {{"inspect", NULL},    {"plot", "p.png"},    {"export", "e.csv"},
                                              {"export", "e.json"}, {"report", "r.html"}, {"report", "r"},
                                              {"report", "r.pdf"}};
    const char *dir = check_temp_dir();
    leat_buf file = {0};
    char run[200], lines[200];
    build_tags(&file, format, 1000000 / runs, together, NULL);
    for (int i = 0; i < runs; i++) {
        snprintf(run, sizeof run, "%s/log/%d", dir, i);
        build_save(&file, run, "events.out.tfevents.1");
    }
    for (size_t i = 0; i < LEAT_LEN(commands); i++)
        check_use(dir, commands[i], 64 + 2 * (double)(file.size * (size_t)runs) / (1 << 20));
    snprintf(lines, sizeof lines,
             "test $(ls r/scalars/*.png | wc -l) = 50 && test $(wc -l <r/scalars/others.csv) = %d && "
             "grep -q '%d,950 more are not' r/index.html",
             1000001 - 50 * runs, 1000 / runs - 1);
    CHECK(shell(dir, lines));
    leat_buf_free(&file);
}

LEAT_TEST(bad_logs_105_a_million_tags_in_memory_and_time)
{
#if LEAT_SANITIZED
    SKIP("sanitizers hold more");
#endif
    check_tags("layer/%07d/loss", 1, 1);
    check_tags("t%d", 1, 1000);
    check_tags("t%d", 2, 1000);
}

/* A browser finds no script in a report of all of them, and asks for nothing beyond it. */
LEAT_TEST(bad_logs_in_a_browser)
{
    if (system("command -v chromium >/dev/null 2>&1") != 0)
        SKIP("no chromium");
    const char *dir = check_temp_dir();
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_buf file = {0};
        if (rows[i].name)
            make_log(&rows[i], dir, &file);
        leat_buf_free(&file);
    }
    CHECK(run_tool(dir, "report log -o r.html --title Harmless") == 0);
    if (!shell(
            dir,
            "HOME=$PWD timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-background-networking "
            "--disable-component-update --user-data-dir=$PWD/profile --log-net-log=$PWD/net.json "
            "--virtual-time-budget=3000 --dump-dom file://$PWD/r.html >dom 2>/dev/null"))
        SKIP("chromium does not run here");
    leat_buf dom = {0}, net = {0};
    read_file(dir, "dom", &dom);
    read_file(dir, "net.json", &net);
    CHECK(strstr(dom.data, "<title>Harmless</title>") != NULL);
    CHECK(strstr(dom.data, "<script") == NULL && strstr(dom.data, "<img") == NULL);
    CHECK(net.size > 0 && strstr(net.data, "harm.invalid") == NULL);
    leat_buf_free(&dom);
    leat_buf_free(&net);
}
