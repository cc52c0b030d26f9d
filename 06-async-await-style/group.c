// group.c - groups: a list of tasks, the result that decides, the owner's wait.

#include "task.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void group_cancel(struct group *group)
{
    group->is_cancelled = true;
    struct list_link *link = group->tasks.first;
    for (; link != NULL; link = link->next) {
        struct task *task = LIST_MEMBER(link, struct task, member);
        task->is_cancelled = true;
        if (task->shields == 0)
            task_wake(task, -ECANCELED);
    }
}

void group_add_result(struct group *group, int result)
{
    bool decides = group->race ? result >= 0 : result < 0;

    if (group->is_decided || group->is_cancelled)
        return;
    if (decides && !group->independent) {
        group->is_decided = true;
        group->result = result;
        group_cancel(group);
    } else if (result < 0 && group->result == 0) {
        group->result = result; // -ENOMEM, or of a race that no task wins
    }
}

void group_open(struct group *group, const char *where)
{
    if (group->owner != NULL || group == &async_program)
        return;
    group->owner = async_running;
    group->next = async_running->open_groups;
    async_running->open_groups = group;
    async_running->open_where = group->where = where;
}

static void close_group(struct group *group)
{
    struct group **at = &async_running->open_groups;

    while (*at != NULL && *at != group)
        at = &(*at)->next;
    if (*at != NULL)
        *at = group->next;
    at = &async_running->open_groups;
    async_running->open_where = *at != NULL ? (*at)->where : NULL;
    *group = (struct group){ .race = group->race,
        .independent = group->independent };
}

void group_add(struct group *group, struct task *task)
{
    task->group = group;
    task->is_cancelled = group->is_cancelled;
    list_append(&group->tasks, &task->member);
    group->count++;
}

void group_remove(struct group *group, struct task *task, int result)
{
    list_remove(&group->tasks, &task->member);
    group->count--;
    if (!group->independent)
        group_add_result(group, result);
    if (group->is_awaited && group->count <= group->may_remain)
        task_wake(group->owner, 0);
}

// Waits until at most `may_remain` tasks are left.
static int wait_for_tasks(struct group *group, int may_remain)
{
    struct task *owner = group->owner;

    if (owner != NULL && owner != async_running) { // only the owner is woken
        fprintf(stderr, "%s(%s) waits for a group of %s(%s): %s\n",
            async_running->function, async_running->name, owner->function,
            owner->name, group->where);
        abort();
    }
    int error = task_prepare_wait();
    group->may_remain = may_remain;
    while (error == 0 && group->count > may_remain) {
        group->is_awaited = true;
        error = task_wait_until("its tasks", CLOCK_NEVER, 0, false);
        group->is_awaited = false;
        if (error == 0 && group->count > may_remain)
            error = task_prepare_wait();
    }
    return error;
}

async_int group_room(struct group *group, int n)
{
    int error = wait_for_tasks(group, n - 1);
    return (async_int){ group->is_cancelled ? -ECANCELED : error };
}

// If we are cancelled, cancel the tasks and still wait for them: none outlives
// its group.
async_int group_wait(struct group *group)
{
    int error = wait_for_tasks(group, 0);

    if (error != 0) {
        group_cancel(group);
        await_shielded((async_int){ wait_for_tasks(group, 0) });
    }
    if (error == 0 || group->is_decided)
        error = group->result;
    close_group(group);
    return (async_int){ error };
}
