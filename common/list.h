// list.h - doubly linked lists that allocate nothing: each member contains its
// link. Adding a member cannot fail, and removing a member needs no search.
//
//     struct list  first ---.                        .--- last
//                           v                        v
//              NULL <--- [ link ] <--previous-- [ link ] ---> NULL
//                        [      ] ----next----> [      ]
//                         member                 member
//
// A zeroed struct list is empty. A link is in one list at a time.

#ifndef LIST_H
#define LIST_H

#include <stddef.h>

struct list_link {
    struct list_link *next;
    struct list_link *previous;
};

struct list {
    struct list_link *first;
    struct list_link *last;
};

// The struct `type` that has this link as its field `field`.
#define LIST_MEMBER(link, type, field) \
    ((type *)(void *)((char *)(link) - offsetof(type, field)))

// The first member of a list, or NULL.
#define LIST_FIRST(list, type, field) \
    ((list)->first ? LIST_MEMBER((list)->first, type, field) : NULL)

static inline void list_append(struct list *list, struct list_link *link)
{
    *link = (struct list_link){ .next = NULL, .previous = list->last };
    if (list->last != NULL)
        list->last->next = link;
    else
        list->first = link;
    list->last = link;
}

static inline void list_remove(struct list *list, struct list_link *link)
{
    if (link->previous != NULL)
        link->previous->next = link->next;
    else
        list->first = link->next;
    if (link->next != NULL)
        link->next->previous = link->previous;
    else
        list->last = link->previous;
}

#endif
