#include "viz/ticks-private.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MINUS "\xe2\x88\x92"
#define TIMES "\xc3\x97"

/* ---- writing numbers ---- */

static const char *const superscripts[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};

static void put_exponent(char *buf, size_t size, int e)
{
    char digits[16];
    size_t at = (size_t)snprintf(buf, size, "10%s", e < 0 ? "⁻" : "");
    snprintf(digits, sizeof digits, "%d", e < 0 ? -e : e);
    for (const char *p = digits; *p && at + 4 < size; p++)
        at += (size_t)snprintf(buf + at, size - at, "%s", superscripts[*p - '0']);
}

/* Fixed notation with `decimals`, a true minus sign, and commas from five digits on. Never "-0". */
static void put_plain(char *buf, size_t size, double v, int decimals)
{
    char text[400];
    int n = snprintf(text, sizeof text, "%.*f", decimals, fabs(v));
    bool zero = strspn(text, "0.") == strlen(text);
    const char *dot = memchr(text, '.', (size_t)n);
    size_t whole = dot ? (size_t)(dot - text) : (size_t)n, at = 0;
    if (v < 0 && !zero)
        at += (size_t)snprintf(buf, size, MINUS);
    for (size_t i = 0; text[i] && at + 3 < size; i++) {
        if (i > 0 && i < whole && whole > 4 && (whole - i) % 3 == 0)
            buf[at++] = ',';
        buf[at++] = text[i];
    }
    buf[at] = '\0';
}

static int decade(double v)
{
    if (v == 0 || !isfinite(v))
        return 0;
    int e = (int)floor(log10(fabs(v)));
    /* log10 rounds: 999.99999999999999 may come out as 3. */
    if (fabs(v) >= pow(10, e + 1))
        e++;
    return e;
}

static double power_of_ten(int e)
{
    return e < -307 ? 1e-307 : e > 308 ? 1e308 : pow(10, e);
}

static int clamp_int(int v, int lo, int hi)
{
    return v < lo ? lo : v > hi ? hi : v;
}

/* The decimals that tell multiples of `step` apart. */
static int decimals_for(double step)
{
    for (int d = 0; d < 17; d++) {
        double scaled = step * pow(10, d);
        if (fabs(scaled - round(scaled)) < 1e-6 * fabs(scaled) && scaled >= 0.5)
            return d;
    }
    return 17;
}

static void trim_zeros(char *text)
{
    if (strchr(text, '.') == NULL)
        return;
    size_t n = strlen(text);
    while (text[n - 1] == '0')
        text[--n] = '\0';
    if (text[n - 1] == '.')
        text[n - 1] = '\0';
}

char *leat_format_number(char *buf, double value, int digits)
{
    if (isnan(value))
        return strcpy(buf, "NaN");
    if (isinf(value))
        return strcpy(buf, value > 0 ? "∞" : MINUS "∞");
    int e = decade(value);
    if (value == 0)
        return strcpy(buf, "0");
    if (e < -4 || e >= 9) {
        char mantissa[24], power[20];
        double m = e < -300 ? value * 1e10 / pow(10, e + 10) : value / pow(10, e);
        put_plain(mantissa, sizeof mantissa, m, clamp_int(digits - 1, 0, 12));
        trim_zeros(mantissa);
        if (strcmp(mantissa, "10") == 0 || strcmp(mantissa, MINUS "10") == 0) {
            snprintf(mantissa, sizeof mantissa, "%s1", value < 0 ? MINUS : "");
            e++;
        }
        put_exponent(power, sizeof power, e);
        snprintf(buf, LEAT_NUMBER_SIZE, "%s" TIMES "%s", mantissa, power);
        return buf;
    }
    put_plain(buf, LEAT_NUMBER_SIZE, value, clamp_int(digits - 1 - e, 0, 12));
    trim_zeros(buf);
    return buf;
}

char *leat_format_fixed(char *buf, double value, int decimals)
{
    put_plain(buf, LEAT_NUMBER_SIZE, value, decimals);
    return buf;
}

int leat_digits_decimals(double value, int digits)
{
    return clamp_int(digits - 1 - decade(value), 0, 12);
}

char *leat_format_count(char *buf, int64_t n)
{
    char digits[24];
    size_t count = (size_t)snprintf(digits, sizeof digits, "%llu",
                                    n < 0 ? 0 - (unsigned long long)n : (unsigned long long)n);
    char *to = buf;
    if (n < 0)
        to = stpcpy(to, MINUS);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && count > 4 && (count - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return buf;
}

char *leat_format_duration(char *buf, double s)
{
    if (!isfinite(s))
        return leat_format_number(buf, s, 3);
    if (s < 0) {
        char rest[LEAT_NUMBER_SIZE];
        snprintf(buf, LEAT_NUMBER_SIZE, MINUS "%.40s", leat_format_duration(rest, -s));
        return buf;
    }
    int64_t whole = s < 1e15 ? (int64_t)(s + 0.5) : (int64_t)1e15;
    if (s == 0)
        snprintf(buf, LEAT_NUMBER_SIZE, "0 s");
    else if (s < 1e-3)
        snprintf(buf, LEAT_NUMBER_SIZE, "%.3g µs", s * 1e6);
    else if (s < 0.9995)
        snprintf(buf, LEAT_NUMBER_SIZE, "%.3g ms", s * 1e3);
    else if (s < 59.95)
        snprintf(buf, LEAT_NUMBER_SIZE, "%.3g s", s);
    else if (whole < 3600)
        snprintf(buf, LEAT_NUMBER_SIZE, "%d min %d s", (int)(whole / 60), (int)(whole % 60));
    else if (whole < 86400)
        snprintf(buf, LEAT_NUMBER_SIZE, "%d h %d min", (int)(whole / 3600), (int)(whole % 3600 / 60));
    else if (whole < 1000 * (int64_t)86400)
        snprintf(buf, LEAT_NUMBER_SIZE, "%d d %d h", (int)(whole / 86400), (int)(whole % 86400 / 3600));
    else {
        char days[LEAT_NUMBER_SIZE];
        snprintf(buf, LEAT_NUMBER_SIZE, "%.30s d", leat_format_count(days, whole / 86400));
    }
    return buf;
}

/* ---- labels of an axis: one way of writing for all of its ticks ---- */

typedef struct notation {
    double divisor; /* a power of ten, written as `suffix`, or as ×10ⁿ where exponent != 0 */
    const char *suffix;
    int exponent, decimals;
} notation;

static notation choose_notation(double most, double step)
{
    static const struct {
        double from, divisor;
        const char *suffix;
    } si[] = {{1e12, 1e12, "T"}, {1e9, 1e9, "G"}, {1e6, 1e6, "M"}, {1e4, 1e3, "k"}};
    bool counted = most < 1e18 && step >= 1 && step < 1e-6 * most; /* the digits that differ come last */
    if ((most >= 1e15 && !counted) || most < 0.9e-4 || (most < 1e-2 && decimals_for(step) > 5)) {
        int e = decade(most);
        double divisor = e > -300 ? pow(10, e) : 1e-300;
        return (notation){divisor, "", e > -300 ? e : -300, clamp_int(decimals_for(step / divisor), 0, 12)};
    }
    for (size_t i = 0; i < LEAT_LEN(si); i++)
        if (most >= si[i].from) {
            int decimals = decimals_for(step / si[i].divisor);
            if (decimals > 2)
                break; /* "1.000002M": better in full */
            return (notation){si[i].divisor, si[i].suffix, 0, decimals};
        }
    return (notation){1, "", 0, clamp_int(decimals_for(step), 0, 16)};
}

static void label_tick(leat_tick *t, const notation *n)
{
    char text[40], power[20];
    put_plain(text, sizeof text, t->value / n->divisor, n->decimals);
    if (strspn(text, "0.") == strlen(text))
        strcpy(t->label, "0");
    else if (n->exponent != 0) {
        put_exponent(power, sizeof power, n->exponent);
        snprintf(t->label, sizeof t->label, "%.16s" TIMES "%s", text, power);
    } else
        snprintf(t->label, sizeof t->label, "%.37s%s", text, n->suffix);
}

/* ---- where the ticks are ---- */

/* The least of 1, 2, 5 times a power of ten that is not below `raw`. */
static double nice_step(double raw)
{
    static const double steps[] = {1, 2, 5, 10};
    int e = decade(raw);
    double base = e < -307 ? 1e-307 : pow(10, e);
    for (size_t i = 0; i < LEAT_LEN(steps); i++)
        if (steps[i] * base >= raw * (1 - 1e-9))
            return steps[i] * base;
    return 10 * base;
}

static void add_tick(leat_ticks *t, double v, double lo, double hi)
{
    if (t->n >= LEAT_MAX_TICKS || (t->n > 0 && v <= t->at[t->n - 1].value))
        return;
    if (v < lo || v > hi)
        return;
    t->at[t->n++] = (leat_tick){.value = v};
}

/* Multiples of step. `i * step` may miss the decimal number that is meant by an ulp; labels are rounded. */
static void place_multiples(leat_ticks *t, double lo, double hi, double step, double origin)
{
    double slack = 1e-9 * step;
    double first = ceil((lo - origin) / step - 1e-9);
    for (int k = 0; k < LEAT_MAX_TICKS; k++) {
        double v = origin + (first + k) * step;
        if (v > hi + slack)
            break;
        add_tick(t, fmin(hi, fmax(lo, v)), lo, hi);
    }
}

static void linear_by(leat_ticks *t, double lo, double hi, double step)
{
    place_multiples(t, lo, hi, step, 0);
    notation n = choose_notation(fmax(fabs(lo), fabs(hi)), step);
    for (size_t i = 0; i < t->n; i++)
        label_tick(&t->at[i], &n);
}

/* The step that makes `want` ticks. A step that is a little too small brings one tick more at most, and one that is
 * twice as large would bring half as many. */
static double step_for(double lo, double hi, size_t want)
{
    double k = (double)LEAT_MIN(LEAT_MAX(want, 2u), LEAT_MAX_TICKS - 2u),
           raw = hi / k - lo / k; /* hi - lo may overflow */
    return nice_step(want <= 10 ? 0.91 * raw : raw);
}

void leat_ticks_linear(leat_ticks *t, double lo, double hi, size_t want)
{
    *t = (leat_ticks){0};
    linear_by(t, lo, hi, step_for(lo, hi, want));
}

void leat_ticks_integer(leat_ticks *t, double lo, double hi, size_t want)
{
    *t = (leat_ticks){0};
    linear_by(t, lo, hi, fmax(1, step_for(lo, hi, want)));
}

static void label_log(leat_tick *t, bool plain)
{
    if (plain) {
        notation n = choose_notation(t->value, t->value);
        if (t->value < 1)
            n = (notation){1, "", 0, clamp_int(-decade(t->value), 0, 16)};
        label_tick(t, &n);
        return;
    }
    int e = decade(t->value * (1 + 1e-12));
    double m = round(t->value / power_of_ten(e));
    char power[24];
    put_exponent(power, sizeof power, e);
    if (m == 1)
        snprintf(t->label, sizeof t->label, "%s", power);
    else
        snprintf(t->label, sizeof t->label, "%.0f" TIMES "%s", m, power);
}

void leat_ticks_log(leat_ticks *t, double lo, double hi, size_t want)
{
    static const double fine[] = {1, 2, 5}, middle[] = {1, 3}, coarse[] = {1};
    *t = (leat_ticks){0};
    want = LEAT_MIN(LEAT_MAX(want, 2u), 12u);
    double decades = log10(hi) - log10(lo);
    if (decades < 0.9) {
        leat_ticks_linear(t, lo, hi, want);
        return;
    }
    size_t n_factors = decades * 3 <= (double)want ? 3 : decades * 2 <= (double)want ? 2 : 1;
    bool dense = n_factors == 3;
    const double *factors = dense ? fine : n_factors == 2 ? middle : coarse;
    int stride = (int)ceil(decades / (double)want), first = (int)floor(log10(lo)) - 1;
    first -= ((first % stride) + stride) % stride;
    bool plain = lo >= 0.9e-4 && hi < 1.1e7;
    for (int e = first; e <= (int)ceil(log10(hi)); e += stride)
        for (size_t i = 0; i < n_factors; i++) {
            double v = factors[i] * power_of_ten(e);
            size_t before = t->n;
            add_tick(t, v, lo * (1 - 1e-12), hi * (1 + 1e-12));
            if (t->n > before)
                label_log(&t->at[before], plain);
        }
    /* Short marks between the decades, where there is room to see them. */
    if (dense || stride > 1 || decades > 5)
        return;
    for (int e = first; e <= (int)ceil(log10(hi)); e++)
        for (int m = 2; m < 10; m++) {
            double v = m * power_of_ten(e);
            if (m == 3 && n_factors == 2)
                continue;
            if (v >= lo && v <= hi && t->n < LEAT_MAX_TICKS)
                t->at[t->n++] = (leat_tick){.value = v, .minor = true};
        }
}

/* ---- time ---- */

static const double time_steps[] = {1,   2,    5,    10,   15,    30,    60,    120,   300,    600,
                                    900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800};

static double time_step(double raw)
{
    if (raw < 1)
        return nice_step(raw);
    for (size_t i = 0; i < LEAT_LEN(time_steps); i++)
        if (time_steps[i] >= raw * (1 - 1e-9))
            return time_steps[i];
    return 86400 * nice_step(raw / 86400);
}

void leat_ticks_duration(leat_ticks *t, double lo, double hi, size_t want)
{
    *t = (leat_ticks){0};
    double k = (double)LEAT_MIN(LEAT_MAX(want, 2u), LEAT_MAX_TICKS - 2u), step = time_step(hi / k - lo / k);
    double most = fmax(fabs(lo), fabs(hi));
    /* The largest unit that writes the step. */
    static const struct {
        double seconds;
        const char *name;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}, {1e-9, "ns"}};
    size_t u = 0;
    /* A tenth of a second reads well, a tenth of an hour does not. */
    while (u + 1 < LEAT_LEN(units) && (most < units[u].seconds || decimals_for(step / units[u].seconds) >
                                                                      (units[u].seconds > 1 ? 0 : 1)))
        u++;
    place_multiples(t, lo, hi, step, 0);
    notation n = choose_notation(most / units[u].seconds, step / units[u].seconds);
    for (size_t i = 0; i < t->n; i++) {
        leat_tick scaled = {.value = t->at[i].value / units[u].seconds};
        label_tick(&scaled, &n);
        bool zero = strcmp(scaled.label, "0") == 0;
        snprintf(t->at[i].label, sizeof t->at[i].label, zero ? "0" : "%.30s %s", scaled.label, units[u].name);
    }
}

/* gmtime's four-digit years, and finer than which no clock of an event file is. */
#define LAST_SECOND 2.5e11
#define FINEST_SECONDS 1e-3

static void utc(double seconds, struct tm *tm)
{
    time_t s = (time_t)floor(fmin(fmax(seconds, -6.2e10), LAST_SECOND));
    gmtime_r(&s, tm);
}

/* Ticks at the beginnings of months or years. */
static void place_months(leat_ticks *t, double lo, double hi, int months)
{
    struct tm tm;
    utc(lo, &tm);
    int month = tm.tm_year * 12 + tm.tm_mon;
    month -= ((month % months) + months) % months;
    for (int k = 0; k < 2 * LEAT_MAX_TICKS; k++, month += months) {
        int m = ((month % 12) + 12) % 12;
        struct tm at = {.tm_year = (month - m) / 12, .tm_mon = m, .tm_mday = 1};
        double v = (double)timegm(&at);
        if (v > hi)
            break;
        add_tick(t, v, lo, hi);
    }
}

static const char *const month_names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static void label_wall(leat_tick *tick, double step)
{
    struct tm tm;
    char *l = tick->label;
    size_t size = sizeof tick->label;
    utc(tick->value + (step >= 1 ? 0.5 : 0.0005), &tm);
    if (step >= 86400 * 300.0)
        snprintf(l, size, "%d", tm.tm_year + 1900);
    else if (step >= 86400 * 27.0)
        snprintf(l, size, "%s %d", month_names[tm.tm_mon], tm.tm_year + 1900);
    else if (step >= 86400)
        snprintf(l, size, "%s %d", month_names[tm.tm_mon], tm.tm_mday);
    else if (step >= 60)
        snprintf(l, size, "%02d:%02d", tm.tm_hour, tm.tm_min);
    else if (step >= 1)
        snprintf(l, size, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
    else
        snprintf(l, size, "%02d:%02d:%02d.%03d", tm.tm_hour, tm.tm_min, tm.tm_sec,
                 (int)(1000 * (tick->value + 0.0005 - floor(tick->value + 0.0005))));
}

void leat_ticks_wall(leat_ticks *t, double lo, double hi, size_t want)
{
    *t = (leat_ticks){0};
    double k = (double)LEAT_MIN(LEAT_MAX(want, 2u), LEAT_MAX_TICKS - 2u), raw = hi / k - lo / k;
    double step = fmax(time_step(raw), FINEST_SECONDS);
    if (lo < -6.2e10 || hi > LAST_SECOND) {
        leat_ticks_linear(t, lo, hi, want);
        snprintf(t->note, sizeof t->note, "seconds since 1970");
        return;
    }
    if (raw > 86400 * 21.0) {
        static const int months[] = {1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000, 60000};
        size_t i = 0;
        while (i + 1 < LEAT_LEN(months) && months[i] * 30.4 * 86400 < raw)
            i++;
        step = months[i] * 30.4 * 86400;
        place_months(t, lo, hi, months[i]);
    } else {
        double origin = step >= 604800 ? 4 * 86400.0 : 0; /* weeks begin on Mondays; 1970-01-05 was one */
        place_multiples(t, lo, hi, step, origin);
    }
    for (size_t i = 0; i < t->n; i++)
        label_wall(&t->at[i], step);
    struct tm a, b;
    utc(lo, &a);
    utc(hi, &b);
    char from[16], to[16];
    strftime(from, sizeof from, "%Y-%m-%d", &a);
    strftime(to, sizeof to, "%Y-%m-%d", &b);
    if (step < 86400 && strcmp(from, to) != 0)
        snprintf(t->note, sizeof t->note, "%s to %s UTC", from, to);
    else if (step < 86400)
        snprintf(t->note, sizeof t->note, "%s UTC", from);
    else if (step < 86400 * 27.0)
        snprintf(t->note, sizeof t->note, "%d, UTC", a.tm_year + 1900);
    else
        snprintf(t->note, sizeof t->note, "UTC");
}
