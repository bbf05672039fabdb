/* Gather: from the States of a class that were written to groups of the same fields. */

#include "parts.h"

/* With more sets of fields than these, Python's way costs no more. */
#define MOST 16

typedef struct {
    /* New references: to make a list may run a search for garbage, and that anything. */
    PyObject *state, *name, *dirty; /* its id, and what its mark was */
    long long id;
    int group;
} Item;

typedef struct {
    long long mask;
    PyObject *dirty; /* borrowed from the first item */
    Py_ssize_t count, at;
    long long last;
    int ascends;
} Set;

/* An item on its way to its place. */
typedef struct {
    long long id;
    Py_ssize_t item;
} Key;

/* Sort keys by id: a merge sort, as that of the library moves what it compares by calls. */
static void
sort(Key *keys, Key *spare, Py_ssize_t count)
{
    Key *from = keys, *to = spare;
    for (Py_ssize_t width = 1; width < count; width *= 2) {
        for (Py_ssize_t begin = 0; begin < count; begin += 2 * width) {
            Py_ssize_t left = begin, middle = Py_MIN(begin + width, count);
            Py_ssize_t right = middle, end = Py_MIN(middle + width, count);
            for (Py_ssize_t at = begin; at < end; at++) {
                int is_left = right == end
                              || (left < middle && from[left].id <= from[right].id);
                to[at] = from[is_left ? left++ : right++];
            }
        }
        Key *other = from;
        from = to;
        to = other;
    }
    if (from != keys) {
        memcpy(keys, from, (size_t)count * sizeof *keys);
    }
}

/* The number of the group of a mask, made if it is new; -1: there are too many. */
static int
group_of(Set *sets, int *many, long long mask, PyObject *dirty)
{
    for (int i = 0; i < *many; i++) {
        if (sets[i].mask == mask) {
            return i;
        }
    }
    if (*many == MOST) {
        return -1;
    }
    sets[*many] = (Set){.mask = mask, .dirty = dirty, .last = -1, .ascends = 1};
    return (*many)++;
}

/* Take the marks off what was written; 1, 0: there are too many groups, or -1. */
static int
take_marks(PyObject *bucket, const Slot slots[3], Item *items, Py_ssize_t *count,
           Set *sets, int *many, PyObject *zero)
{
    Py_ssize_t length = PyList_GET_SIZE(bucket);
    PyTypeObject *known = NULL;
    for (Py_ssize_t i = 0; i < length; i++) {
        PyObject *state = PyList_GET_ITEM(bucket, i);
        if (!Py_IS_TYPE(state, known)) {
            for (int j = 0; j < 3; j++) {
                if (slot_at(&slots[j], state) == NULL) {
                    return -1;
                }
            }
            known = Py_TYPE(state);
        }
        PyObject **dirty = (PyObject **)((char *)state + slots[0].offset);
        PyObject *name = slot_peek(&slots[1], state);
        PyObject *here = slot_peek(&slots[2], state);
        if (*dirty == NULL || name == NULL) {
            slot_lacks();
            return -1;
        }
        if (!PyLong_CheckExact(*dirty) || !PyLong_CheckExact(name)) {
            PyErr_SetString(PyExc_TypeError, "ids and marks are ints");
            return -1;
        }
        long long mask = PyLong_AsLongLong(*dirty), id = PyLong_AsLongLong(name);
        if ((mask == -1 || id == -1) && PyErr_Occurred()) {
            return -1;
        }
        /* It may have left, be new under another id, or stand here a second time. */
        if (mask <= 0 || here != bucket) {
            continue;
        }
        int group = group_of(sets, many, mask, *dirty);
        if (group < 0) {
            return 0;
        }
        items[(*count)++] =
            (Item){Py_NewRef(state), Py_NewRef(name), *dirty, id, group};
        *dirty = Py_NewRef(zero);
        sets[group].count++;
        sets[group].ascends &= id > sets[group].last;
        sets[group].last = id;
    }
    return 1;
}

/* Return one group as (mask, States by ascending id, their ids). */
static PyObject *
group_out(const Set *set, const Item *items, const Key *keys)
{
    PyObject *states = PyList_New(set->count), *ids = PyList_New(set->count);
    PyObject *group = states && ids ? PyTuple_Pack(3, set->dirty, states, ids) : NULL;
    if (group != NULL) {
        for (Py_ssize_t i = 0; i < set->count; i++) {
            const Item *item = &items[keys[i].item];
            PyList_SET_ITEM(states, i, Py_NewRef(item->state));
            PyList_SET_ITEM(ids, i, Py_NewRef(item->name));
        }
    }
    Py_XDECREF(states);
    Py_XDECREF(ids);
    return group;
}

/* Return all groups, in the order in which the first of each was written. */
static PyObject *
groups_out(Set *sets, int many, const Item *items, Key *keys, Py_ssize_t count)
{
    Py_ssize_t at = 0;
    for (int i = 0; i < many; i++) {
        sets[i].at = at;
        at += sets[i].count;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        keys[sets[items[i].group].at++] = (Key){items[i].id, i};
    }
    PyObject *groups = PyList_New(0);
    for (int i = 0; groups != NULL && i < many; i++) {
        Key *own = keys + (sets[i].at - sets[i].count);
        if (!sets[i].ascends) {
            sort(own, keys + count, sets[i].count);
        }
        PyObject *group = group_out(&sets[i], items, own);
        if (group == NULL || PyList_Append(groups, group) < 0) {
            Py_CLEAR(groups);
        }
        Py_XDECREF(group);
    }
    return groups;
}

/* Let a State be marked as it was: nothing happened, but for what is noted already. */
static void
put_back(PyObject *bucket, const Slot *dirty, const Item *item, int is_out)
{
    PyObject **mark = (PyObject **)((char *)item->state + dirty->offset);
    if (is_out) {
        PyObject *type, *error, *trace;
        PyErr_Fetch(&type, &error, &trace);
        if (PyList_Append(bucket, item->state) < 0) {
            PyErr_Clear();
        }
        PyErr_Restore(type, error, trace);
    }
    Py_XSETREF(*mark, Py_NewRef(item->dirty));
}

PyObject *
gather(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t count)
{
    Slot slots[3];
    Set sets[MOST];
    int many = 0;
    if (count != 4 || !PyList_Check(arguments[0])) {
        PyErr_SetString(PyExc_TypeError, "gather(bucket, dirty, id_, of_bucket)");
        return NULL;
    }
    for (int i = 0; i < 3; i++) {
        if (slot_of(arguments[i + 1], &slots[i]) < 0) {
            return NULL;
        }
    }
    PyObject *bucket = arguments[0], *zero = PyLong_FromLong(0), *groups = NULL;
    Py_ssize_t length = PyList_GET_SIZE(bucket), taken = 0;
    Item *items = PyMem_Malloc((size_t)(length + 1) * sizeof *items);
    /* As many again to sort them with. */
    Key *keys = PyMem_Malloc(2 * (size_t)(length + 1) * sizeof *keys);
    if (items == NULL || keys == NULL || zero == NULL) {
        PyMem_Free(items);
        PyMem_Free(keys);
        Py_XDECREF(zero);
        return PyErr_NoMemory();
    }
    int done = take_marks(bucket, slots, items, &taken, sets, &many, zero);
    int is_empty = done > 0 && PyList_SetSlice(bucket, 0, length, NULL) == 0;
    if (is_empty) {
        groups = groups_out(sets, many, items, keys, taken);
    }
    for (Py_ssize_t i = 0; i < taken; i++) {
        if (groups == NULL) {
            put_back(bucket, &slots[0], &items[i], is_empty);
        }
        Py_DECREF(items[i].dirty);
        Py_DECREF(items[i].name);
        Py_DECREF(items[i].state);
    }
    PyMem_Free(items);
    PyMem_Free(keys);
    Py_DECREF(zero);
    return groups == NULL && done == 0 ? Py_NewRef(Py_None) : groups;
}
