/* Stint: all go on to the end of what they do, as `nexus.sim.leap` has it. */

#include "parts.h"

#include <math.h>

/* A fused operation would round once where numpy rounds twice. */
#pragma STDC FP_CONTRACT OFF

/* Who has arrived at a need by rounding alone is a hair above it. */
static const double MOST = 1 + 1e-6;

typedef struct {
    Py_buffer held, does, left, spent, going; /* of all: needs one after the other */
    Py_buffer rates, bounds;                  /* of needs, by what is done */
    Py_buffer low, full;                      /* of needs */
    Py_ssize_t needs, count;
} Stint;

/* How long it is until the first need ends what one of them does. */
static inline double
time_of(const Stint *self, Py_ssize_t who, Py_ssize_t does)
{
    const double *held = (const double *)self->held.buf + who;
    const double *rates = (const double *)self->rates.buf + does;
    const double *bounds = (const double *)self->bounds.buf + does;
    double time = INFINITY;
    int is_none = 0;
    for (Py_ssize_t need = 0; need < self->needs; need++) {
        Py_ssize_t at = need * (self->needs + 1);
        double other = (bounds[at] - held[need * self->count]) / rates[at];
        is_none |= other != other;
        time = other < time ? other : time;
    }
    time = time < 0 ? 0 : time;
    /* What is no number is no number for all. */
    return is_none ? NAN : time;
}

/* What one of them turns to now that it ended something. */
static inline Py_ssize_t
choice_of(const Stint *self, Py_ssize_t who, Py_ssize_t did)
{
    const double *held = (const double *)self->held.buf + who, *low = self->low.buf;
    double most = MOST;
    Py_ssize_t chosen = 0;
    for (Py_ssize_t need = 0; need < self->needs; need++) {
        double urgency = held[need * self->count] / low[need];
        int is_more = (urgency < most) & (did != need + 1);
        most = is_more ? urgency : most;
        chosen = is_more ? need + 1 : chosen;
    }
    return chosen;
}

/* 0, or -1 with an exception. */
static int
stint_all(const Stint *self)
{
    double *held = self->held.buf, *left = self->left.buf, *spent = self->spent.buf;
    const double *rates = self->rates.buf, *full = self->full.buf;
    long long *does = self->does.buf;
    uint8_t *going = self->going.buf;
    Py_ssize_t count = self->count, needs = self->needs;
    for (Py_ssize_t who = 0; who < count; who++) {
        long long did = does[who];
        if (did < 0 || did > needs) {
            PyErr_SetString(PyExc_IndexError, "there is no such activity");
            return -1;
        }
        double time = time_of(self, who, (Py_ssize_t)did);
        uint8_t goes = time < left[who];
        time = time > left[who] || left[who] != left[who] ? left[who] : time;
        for (Py_ssize_t need = 0; need < needs; need++) {
            double *value = held + need * count + who;
            double now = *value + rates[need * (needs + 1) + did] * time;
            now = now < 0 ? 0 : now;
            *value = now > 1 ? 1 : now;
        }
        left[who] -= time;
        spent[who] += time;
        going[who] = goes;
        /* Neither whom it serves nor whether it serves is to be guessed. */
        Py_ssize_t served = did > 0 ? (Py_ssize_t)did - 1 : 0;
        double *value = held + served * count + who;
        *value = goes & (did > 0) ? full[served] : *value;
        long long next = choice_of(self, who, (Py_ssize_t)did);
        does[who] = goes ? next : did;
    }
    return 0;
}

/* Whether an array has so many numbers of 64 bits, of one kind of number. */
static int
has(const Py_buffer *view, char letter, Py_ssize_t count)
{
    int is_alike = *view->format == letter || (letter == 'q' && *view->format == 'l');
    return is_numbers(view, 8) && view->itemsize == 8 && is_alike && view->len == 8 * count;
}

static int
check(Stint *self)
{
    self->needs = self->low.len / 8;
    self->count = self->left.len / 8;
    Py_ssize_t wide = self->needs * (self->needs + 1);
    if (self->needs >= 1 && self->needs < 255 && has(&self->low, 'd', self->needs)
        && has(&self->full, 'd', self->needs) && has(&self->rates, 'd', wide)
        && has(&self->bounds, 'd', wide) && has(&self->left, 'd', self->count)
        && has(&self->spent, 'd', self->count) && has(&self->does, 'q', self->count)
        && has(&self->held, 'd', self->needs * self->count)
        && is_numbers(&self->going, 1) && self->going.len == self->count) {
        return 0;
    }
    return refuse_arrays();
}

PyObject *
stint(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t count)
{
    Stint self = {.needs = 0};
    Py_buffer *views[] = {&self.held,  &self.does,  &self.left,   &self.spent, &self.going,
                          &self.rates, &self.bounds, &self.low, &self.full};
    enum { VIEWS = sizeof views / sizeof *views, WRITTEN = 5 };
    if (count != VIEWS) {
        PyErr_SetString(PyExc_TypeError, "stint() takes nine arrays");
        return NULL;
    }
    PyObject *out = NULL;
    int got = 0;
    while (got < VIEWS
           && array_of(arguments[got], views[got], got < WRITTEN ? PyBUF_WRITABLE : 0) == 0) {
        got++;
    }
    if (got == VIEWS && check(&self) == 0 && stint_all(&self) == 0) {
        out = Py_NewRef(Py_None);
    }
    while (got-- > 0) {
        PyBuffer_Release(views[got]);
    }
    return out;
}
