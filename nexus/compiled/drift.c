/* Drift: needs that fall or rise, as `nexus.sim.need` has it. One pass does what takes numpy
   one for each operation. */

#include "parts.h"

/* A fused operation would round once where numpy rounds twice. */
#pragma STDC FP_CONTRACT OFF

enum { KINDS = 256 };

/* What a need is after a change, in numpy's order of operations; NaN stays. */
static inline float
between(float value, float top)
{
    value = value < 0.0f ? 0.0f : value;
    return value > top ? top : value;
}

/* All have one rate, but for those that do one thing; for one time. */
LOOP
drift_alike(float *restrict values, const uint8_t *restrict does, Py_ssize_t count,
            uint8_t odd, float other, float plain, float top)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        values[i] = between(values[i] + (does[i] == odd ? other : plain), top);
    }
}

/* The same, each for a time of its own. */
LOOP
drift_each(float *restrict values, const uint8_t *restrict does,
           const float *restrict span, Py_ssize_t count, uint8_t odd, float more,
           float least, float top)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        float change = (does[i] == odd ? more * span[i] : 0.0f) + least * span[i];
        values[i] = between(values[i] + change, top);
    }
}

/* Each has the rate of what it does; `step` is 0 if there is one time for all. */
LOOP
drift_by(float *restrict values, const uint8_t *restrict does,
         const float *restrict span, Py_ssize_t step, Py_ssize_t count,
         const float *restrict rates, float top)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        values[i] = between(values[i] + rates[does[i]] * span[i * step], top);
    }
}

typedef struct {
    Py_buffer values, does, rates, span;
    int odd; /* the one activity with another rate than 0 has; below 0: there are more */
    double top;
} Drift;

static void
drift_all(const Drift *self)
{
    float *values = self->values.buf, top = (float)self->top, rates[KINDS];
    const uint8_t *does = self->does.buf;
    const float *given = self->rates.buf, *span = self->span.buf;
    Py_ssize_t count = self->values.len / 4, known = self->rates.len / 4;
    if (count == 0) {
        return; /* and there may be no time, either */
    }
    for (Py_ssize_t i = 0; i < KINDS; i++) {
        rates[i] = given[i % known];
    }
    int is_long = self->span.len > 4;
    if (self->odd < 0) {
        drift_by(values, does, span, is_long, count, rates, top);
        return;
    }
    uint8_t odd = (uint8_t)self->odd;
    float more = rates[odd] - rates[0], least = rates[0];
    if (is_long) {
        drift_each(values, does, span, count, odd, more, least, top);
    } else {
        float plain = least * span[0];
        drift_alike(values, does, count, odd, more * span[0] + plain, plain, top);
    }
}

PyObject *
drift(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Drift self = {.odd = -1};
    PyObject *values, *does, *rates, *span, *out = NULL;
    if (!PyArg_ParseTuple(arguments, "OOOiOd", &values, &does, &rates, &self.odd, &span,
                          &self.top)) {
        return NULL;
    }
    if (array_of(values, &self.values, PyBUF_WRITABLE) == 0
        && array_of(does, &self.does, 0) == 0 && array_of(rates, &self.rates, 0) == 0
        && array_of(span, &self.span, 0) == 0) {
        Py_ssize_t count = self.values.len / 4;
        if (is_floats(&self.values) && is_whole(&self.does) && self.does.itemsize == 1
            && is_floats(&self.rates) && self.rates.len >= 4 && is_floats(&self.span)
            && self.does.len == count && self.odd < KINDS
            && (self.span.len == 4 || self.span.len == self.values.len)) {
            drift_all(&self);
            out = Py_NewRef(Py_None);
        } else {
            (void)refuse_arrays();
        }
    }
    PyBuffer_Release(&self.span);
    PyBuffer_Release(&self.rates);
    PyBuffer_Release(&self.does);
    PyBuffer_Release(&self.values);
    return out;
}
