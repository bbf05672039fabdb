/* Resettle: rows into other Cells, as `nexus.sim.placement` has them: each Cell has a block
   of slots in one array, with its rows one after the other. */

#include "parts.h"

enum { NOWHERE = -1, ORDERS = 31 };

/* The arrays that are given, in this order. */
enum { CELLS, PLACES, STARTS, COUNTS, ORDER, TAILS, SLOTS, LEDGER, ARRAYS };

typedef struct {
    Py_buffer views[ARRAYS];
    const long long *rows, *to;
    Py_ssize_t count;
    int32_t *cells, *places;           /* of each row */
    int32_t *starts, *counts, *tails;  /* of each Cell; the last is to work in */
    int8_t *order;                     /* a block has 2 to the power of it slots, or none */
    int32_t *slots;
    long long *heads, *end;            /* blocks by order; what is behind was never lent */
    unsigned long long *free;          /* how many blocks of each order there are */
    long long known, tiles, size;      /* how many rows, Cells and slots there are */
} Settling;

/* So many rows before they are used: much is done for each. */
enum { NEAR = 32 };

static long long
room_of(int order)
{
    return order ? 1LL << order : 0;
}

static int
order_of(long long count)
{
    int order = count > 0;
    while (room_of(order) < count) {
        order++;
    }
    return order;
}

/* Whether a Cell has a block that is one. */
static int
is_block(const Settling *self, long long cell)
{
    long long start = self->starts[cell], order = self->order[cell];
    return order >= 0 && order < ORDERS && start >= 0 && self->counts[cell] >= 0
           && self->counts[cell] <= room_of((int)order)
           && start + room_of((int)order) <= self->size;
}

/* Give a Cell a block of another order; 0 if there is none to be had. */
static int
fit(Settling *self, long long cell, int order)
{
    long long start = 0;
    if (order >= ORDERS) {
        return 0;
    }
    if (order > 0) {
        long long last = self->size - room_of(order);
        start = self->heads[order];
        if (start >= 0 && start <= last) {
            self->heads[order] = self->slots[start];
            self->free[order]--;
        } else if (*self->end >= 0 && *self->end <= last) {
            start = *self->end;
            *self->end += room_of(order);
        } else {
            return 0;
        }
    }
    int32_t old = self->starts[cell], before = self->order[cell];
    memmove(self->slots + start, self->slots + old,
            (size_t)self->counts[cell] * sizeof *self->slots);
    if (before > 0) {
        self->slots[old] = (int32_t)self->heads[before];
        self->heads[before] = old;
        self->free[before]++;
    }
    self->starts[cell] = (int32_t)start;
    self->order[cell] = (int8_t)order;
    return 1;
}

/* Mark all rows, by the complement of their places, that none comes twice; 0 if there is
   one that does, or that stands nowhere, or is to go there: then nothing was done. */
static int
mark_all(Settling *self)
{
    Py_ssize_t i;
    for (i = 0; i < self->count; i++) {
        if (i + NEAR < self->count) {
            long long next = self->rows[i + NEAR];
            expect_write(place_of(self->places, next, sizeof *self->places));
            expect_write(place_of(self->cells, next, sizeof *self->cells));
            expect_write(place_of(self->counts, self->to[i + NEAR], sizeof *self->counts));
            expect_read(place_of(self->starts, self->to[i + NEAR], sizeof *self->starts));
        }
        long long row = self->rows[i], to = self->to[i];
        if (row < 0 || row >= self->known || to < 0 || to >= self->tiles) {
            break;
        }
        long long cell = self->cells[row];
        if (cell < 0 || cell >= self->tiles || self->places[row] < 0
            || self->places[row] >= self->counts[cell] || !is_block(self, cell)
            || !is_block(self, to)) {
            break;
        }
        self->places[row] = ~self->places[row];
    }
    if (i == self->count) {
        return 1;
    }
    while (i-- > 0) {
        self->places[self->rows[i]] = ~self->places[self->rows[i]];
    }
    return 0;
}

/* Take rows that do not stay out of their blocks: the others close up, in order. Note from
   which Cell each goes, or NOWHERE; 0 if blocks held something else than rows. */
static int
take_out(Settling *self, int32_t *left)
{
    for (Py_ssize_t i = 0; i < self->count; i++) {
        if (i + NEAR < self->count) {
            long long next = self->rows[i + NEAR];
            expect_write(self->slots + self->starts[self->cells[next]]
                         + ~self->places[next]);
        }
        long long row = self->rows[i];
        int32_t cell = self->cells[row], place = ~self->places[row];
        if (cell == self->to[i]) {
            self->places[row] = place;
            left[i] = NOWHERE;
            continue;
        }
        if (self->counts[cell] <= 0) {
            return 0;
        }
        self->slots[self->starts[cell] + place] = NOWHERE;
        self->counts[cell]--;
        left[i] = cell;
    }
    for (Py_ssize_t i = 0; i < self->count; i++) {
        if (left[i] != NOWHERE) {
            self->tails[left[i]] = self->counts[left[i]];
        }
    }
    for (Py_ssize_t i = 0; i < self->count; i++) {
        int32_t cell = left[i], place = ~self->places[self->rows[i]];
        if (cell == NOWHERE || place >= self->counts[cell]) {
            continue;
        }
        int32_t *block = self->slots + self->starts[cell];
        long long room = room_of(self->order[cell]), at = self->tails[cell];
        while (at < room && block[at] == NOWHERE) {
            at++;
        }
        if (at >= room || block[at] < 0 || block[at] >= self->known
            || self->places[block[at]] < 0) {
            return 0;
        }
        block[place] = block[at];
        self->places[block[at]] = place;
        self->tails[cell] = (int32_t)at + 1;
    }
    return 1;
}

/* Put rows behind those of their new Cells, until one of these finds no larger block. */
static Py_ssize_t
put_in(Settling *self, const int32_t *left)
{
    for (Py_ssize_t i = 0; i < self->count; i++) {
        if (i + NEAR < self->count) {
            long long to = self->to[i + NEAR];
            expect_write(self->slots + self->starts[to] + self->counts[to]);
        }
        if (left[i] == NOWHERE) {
            continue;
        }
        long long row = self->rows[i], cell = self->to[i];
        int32_t place = self->counts[cell];
        if (place == room_of(self->order[cell])
            && !fit(self, cell, order_of((long long)place + 1))) {
            return i;
        }
        self->slots[self->starts[cell] + place] = (int32_t)row;
        self->counts[cell] = place + 1;
        self->places[row] = place;
        self->cells[row] = (int32_t)cell;
    }
    return self->count;
}

static PyObject *
settle(Settling *self)
{
    int32_t *left = PyMem_Malloc((size_t)(self->count ? self->count : 1) * sizeof *left);
    if (left == NULL) {
        return PyErr_NoMemory();
    }
    Py_ssize_t done = -1;
    if (mark_all(self)) {
        if (!take_out(self, left)) {
            PyMem_Free(left);
            PyErr_SetString(PyExc_ValueError, "a block holds something else than rows");
            return NULL;
        }
        done = put_in(self, left);
        for (Py_ssize_t i = 0; i < self->count; i++) {
            int32_t cell = left[i];
            if (cell != NOWHERE && self->order[cell] > 0
                && self->counts[cell] * 4LL <= room_of(self->order[cell])) {
                /* If there is no smaller block, it keeps this one for now. */
                (void)fit(self, cell, order_of(self->counts[cell] * 2LL));
            }
        }
    }
    PyMem_Free(left);
    return PyLong_FromSsize_t(done);
}

/* Look at the arrays; 0, or -1 with an exception. */
static int
check(Settling *self)
{
    static const int widths[ARRAYS] = {4, 4, 4, 4, 1, 4, 4, 8};
    const Py_buffer *views = self->views;
    int is_fit = 1;
    for (int i = 0; i < ARRAYS; i++) {
        is_fit = is_fit && is_whole(&views[i]) && views[i].itemsize == widths[i];
    }
    self->known = views[CELLS].len / 4;
    self->tiles = views[STARTS].len / 4;
    self->size = views[SLOTS].len / 4;
    if (!is_fit || views[PLACES].len != views[CELLS].len
        || views[COUNTS].len != views[STARTS].len || views[ORDER].len != self->tiles
        || views[TAILS].len != views[STARTS].len
        || views[LEDGER].len != (Py_ssize_t)sizeof(long long) * (2 * ORDERS + 1)) {
        PyErr_SetString(PyExc_ValueError, "the arrays of a placement do not fit");
        return -1;
    }
    self->cells = views[CELLS].buf;
    self->places = views[PLACES].buf;
    self->starts = views[STARTS].buf;
    self->counts = views[COUNTS].buf;
    self->order = views[ORDER].buf;
    self->tails = views[TAILS].buf;
    self->slots = views[SLOTS].buf;
    self->heads = views[LEDGER].buf;
    self->free = (unsigned long long *)self->heads + ORDERS;
    self->end = self->heads + 2 * ORDERS;
    return 0;
}

PyObject *
resettle(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t count)
{
    Settling self = {.count = 0};
    Py_buffer rows, to;
    Py_ssize_t targets;
    if (count != 2 + ARRAYS) {
        PyErr_SetString(PyExc_TypeError, "resettle takes ten arrays");
        return NULL;
    }
    if (numbers_of(arguments[0], &rows, &self.rows, &self.count) < 0) {
        return NULL;
    }
    PyObject *out = NULL;
    if (numbers_of(arguments[1], &to, &self.to, &targets) == 0) {
        int is_good = targets == self.count;
        if (!is_good) {
            PyErr_SetString(PyExc_ValueError, "there is one Cell for each row");
        }
        for (int i = 0; is_good && i < ARRAYS; i++) {
            is_good = array_of(arguments[2 + i], &self.views[i], PyBUF_WRITABLE) == 0;
        }
        if (is_good && check(&self) == 0) {
            out = settle(&self);
        }
        for (int i = 0; i < ARRAYS; i++) {
            PyBuffer_Release(&self.views[i]);
        }
        PyBuffer_Release(&to);
    }
    PyBuffer_Release(&rows);
    return out;
}
