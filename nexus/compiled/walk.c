/* Walk: many go along an axis, as `nexus.sim.wander` has it. One pass does what takes numpy
   one for each operation. */

#include "parts.h"

#include <math.h>

/* A fused operation would round once where numpy rounds twice. */
#pragma STDC FP_CONTRACT OFF

typedef struct {
    Py_buffer places, paces, span, beyond, homes;
    double low, high; /* of all, or of each around its home */
} Walk;

/* Go on, each for its time; `step` is 0 if that is one for all. */
LOOP
go(float *restrict places, const float *restrict paces, const float *restrict span,
   Py_ssize_t step, Py_ssize_t count)
{
    if (step == 0) {
        float all = span[0];
        for (Py_ssize_t i = 0; i < count; i++) {
            places[i] += paces[i] * all;
        }
        return;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        places[i] += paces[i] * span[i];
    }
}

LOOP
beyond_bounds(const float *restrict places, uint8_t *restrict beyond, Py_ssize_t count,
              float low, float high)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        beyond[i] = (places[i] < low) | (places[i] > high);
    }
}

LOOP
beyond_homes(const float *restrict places, const float *restrict homes,
             uint8_t *restrict beyond, Py_ssize_t count, float reach)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        beyond[i] = fabsf(places[i] - homes[i]) > reach;
    }
}

LOOP
beyond_short_homes(const float *restrict places, const uint16_t *restrict homes,
                   uint8_t *restrict beyond, Py_ssize_t count, float reach)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        beyond[i] = fabsf(places[i] - (float)homes[i]) > reach;
    }
}

/* So many rows are done by one loop after the other: they stay in the nearest cache. */
enum { ROWS = 2048 };

static void
walk_all(const Walk *self)
{
    float *places = self->places.buf, low = (float)self->low, high = (float)self->high;
    const float *paces = self->paces.buf, *span = self->span.buf;
    uint8_t *beyond = self->beyond.buf;
    Py_ssize_t count = self->places.len / 4, step = self->span.len > 4;
    for (Py_ssize_t at = 0; at < count; at += ROWS) {
        Py_ssize_t rows = count - at < ROWS ? count - at : ROWS;
        go(places + at, paces + at, span + at * step, step, rows);
        if (self->homes.obj == NULL) {
            beyond_bounds(places + at, beyond + at, rows, low, high);
        } else if (self->homes.itemsize == 2) {
            beyond_short_homes(places + at, (const uint16_t *)self->homes.buf + at,
                               beyond + at, rows, high);
        } else {
            beyond_homes(places + at, (const float *)self->homes.buf + at, beyond + at,
                         rows, high);
        }
    }
}

PyObject *
walk(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Walk self = {.low = 0};
    PyObject *places, *paces, *span, *beyond, *homes, *out = NULL;
    if (!PyArg_ParseTuple(arguments, "OOOOOdd", &places, &paces, &span, &beyond, &homes,
                          &self.low, &self.high)) {
        return NULL;
    }
    if (array_of(places, &self.places, PyBUF_WRITABLE) == 0
        && array_of(paces, &self.paces, 0) == 0 && array_of(span, &self.span, 0) == 0
        && array_of(beyond, &self.beyond, PyBUF_WRITABLE) == 0
        && (homes == Py_None || array_of(homes, &self.homes, 0) == 0)) {
        Py_ssize_t count = self.places.len / 4;
        int is_home = homes == Py_None || is_floats(&self.homes)
                      || (is_whole(&self.homes) && *self.homes.format == 'H'
                          && self.homes.itemsize == 2);
        if (is_floats(&self.places) && is_floats(&self.paces) && is_floats(&self.span)
            && is_home && self.paces.len == self.places.len && self.beyond.itemsize == 1
            && self.beyond.len == count
            && (homes == Py_None || self.homes.len == count * self.homes.itemsize)
            && (self.span.len == 4 || self.span.len == self.places.len)) {
            walk_all(&self);
            out = Py_NewRef(Py_None);
        } else {
            (void)refuse_arrays();
        }
    }
    PyBuffer_Release(&self.homes);
    PyBuffer_Release(&self.beyond);
    PyBuffer_Release(&self.span);
    PyBuffer_Release(&self.paces);
    PyBuffer_Release(&self.places);
    return out;
}
