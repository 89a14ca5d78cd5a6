/* simengine/engine/block.py: the hot loop in C, on the very arrays of the engine's Model, Outputs and Scratch. */
#include "arrangements.h"
#include "detail.h"
#include "lines_together.h"
#include "observed.h"
#include "positions.h"
#include "variates.h"

static Area area_of(const Outputs *outputs, const Scratch *scratch) {
    Area area = {scratch->year, scratch->year, scratch->held, scratch->paid, scratch->contract, scratch->x};
    area.rows.at = ROW(scratch->year.at, outputs->arrangements);
    area.members.at = ROW(scratch->year.at, outputs->members);
    return area;
}

static void clear(const Floats *rows) { clear_rows(rows->at, rows->shape[0] / STRIDE); }

static void special_line(const Model *model, const Scratch *scratch, double *history, int64_t s, int64_t t, int64_t n) {
    double *work = scratch->work.at, *x = scratch->x.at;
    const Lines *lines = &model->lines;
    int64_t years = AT1(lines->release_years, s), remembered = larger(1, smaller(years, lines->plan_price.shape[1]));
    reduce_into(WORK(REDUCTION), LINES_ON_ACTIVITY, work, x, &model->effects, s, t, n);
    reduce_into(WORK(SPEND_REDUCTION), LINES_ON_PRICE, work, x, &model->effects, s, t, n);
    reduce_into(WORK(COST_REDUCTION), LINES_ON_UNIT_COST, work, x, &model->effects, s, t, n);
    add_shifted(WORK(ADDED), scratch->shifts.at, &model->shifts, s, t, n);
    release_from(work, history, remembered, years, t, n);
    special_line_year(work, scratch->sums.at, history_of(history, remembered, t), x, lines, s, t, n);
}

static void group_year(const Model *model, const Area *area, const Scratch *scratch, int64_t g, int64_t t, int64_t n) {
    const Groups *groups = &model->groups;
    int64_t s = AT1(groups->line, g);
    double *gaps = ROW(scratch->gaps.at, AT1(groups->history, g)), *work = scratch->work.at;
    if (AT1(model->lines.special.line, s))
        special_line(model, scratch, gaps, s, t, n);
    else
        work_off_group(scratch->sums.at, gaps, work, scratch->reductions.at, area, model, g, t, n);
    if (AT2(model->covered.arrangement, s, t) >= 0 && !AT2(groups->whole, g, t))
        add_covered_line(area, work, &model->lines, &model->covered, AT2(groups->baseline, g, t), s, t, n);
}

/* All years of a line: its variables, and what of its saving goes to its schemes. */
static void line_variables(const Model *model, const Scratch *scratch, int64_t s, int64_t n) {
    double *work = scratch->work.at, *x = scratch->x.at, *history = scratch->history.at;
    const Lines *lines = &model->lines;
    if (AT2(model->detail.row, 0, s) < 0) return;
    for (int64_t t = 0; t < lines->plan_price.shape[1]; t++) {
        if (AT1(lines->special.line, s)) {
            special_line(model, scratch, history, s, t, n);
        } else {
            reduce_into(WORK(REDUCTION), LINES_ON_ACTIVITY, work, x, &model->effects, s, t, n);
            line_activity(work, history, x, lines, s, t, n);
            line_values(work, x, lines, s, t, n);
        }
        save_line(model, scratch, s, t, n);
        if (model->detail.wanted) keep_line(&model->detail, &scratch->detail, work, x, s, t, n);
    }
}

static void start_tile(const Model *model, const Scratch *scratch, int64_t n) {
    fill_row(ROW(scratch->work.at, LINES_CLIPPED), 0.0, n);
    clear(&scratch->paid);
    shift_activity(scratch->shifts.at, scratch->detail.work.at, scratch->work.at, scratch->x.at, &model->lines, &model->effects, &model->shifts, n);
    if (!model->detail.wanted && model->actual.scheme.shape[0] == 0) return;
    clear(&scratch->detail.savings);
    for (int64_t s = 0; s < model->lines.pair.shape[0]; s++) line_variables(model, scratch, s, n);
    fill_actual_costs(scratch->x.at, scratch->detail.savings.at, &model->actual, n);
    if (model->detail.wanted) keep_schemes(&model->detail, &scratch->detail, scratch->x.at, &model->parties, n);
}

/* The noise of every line; between them the lines that were observed. */
static void draw_all_noises(const Model *model, const Scratch *scratch, int64_t n) {
    int64_t done = 0;
    for (int64_t o = 0; o < model->observed.noise_end.shape[0]; o++) {
        if (o > 0) fill_observed(scratch, model, o - 1, n);
        draw_noises(&model->noises, done, AT1(model->observed.noise_end, o), scratch->x.at, &scratch->variates, n);
        done = AT1(model->observed.noise_end, o);
    }
}

static void settle(const Model *model, const Area *area, int64_t t, int64_t n) {
    for (int64_t a = 0; a < model->arrangements.residual.shape[0]; a++) settle_year(area, &model->arrangements, a, t, n);
}

static void project_year(const Model *model, const Outputs *outputs, const Scratch *scratch, int64_t t, int64_t n) {
    double *year = scratch->year.at, *x = scratch->x.at, *parties = ROW(year, outputs->parties);
    const Groups *groups = &model->groups;
    Area area = area_of(outputs, scratch);
    start_settlement(&area, model->arrangements.residual.shape[0], n);
    if (outputs->positioned) start_positions(year, parties, x, &model->parties, t, n);
    share_reductions(scratch->work.at, scratch->reductions.at, x, &model->effects, groups, t, n);
    for (int64_t pair = 0; pair < model->parties.pair.shape[0]; pair++) {
        clear_rows(scratch->sums.at, LINES_SUM_ROWS);
        for (int64_t k = AT2(groups->first, t, pair); k < AT2(groups->first, t, pair + 1); k++)
            group_year(model, &area, scratch, AT2(groups->order, t, k), t, n);
        if (outputs->positioned) pair_year(year, parties, scratch->sums.at, &model->parties, pair, n);
    }
    if (outputs->settled) settle(model, &area, t, n);
    if (outputs->positioned) finish_positions(year, parties, area.members.at, x, &model->parties, t, n);
    report_year(ROW(year, outputs->reported), x, &model->reported, t, n);
}

/* Past the cache, where the processor can: what is stored is not read again soon, and need not be fetched to be overwritten. */
PASS copy_out(OUT target, IN source, int64_t n) {
    int64_t i = 0;
#ifdef __SSE2__
    for (; i < n && (uintptr_t)(target + i) % 16 != 0; i++) target[i] = source[i];
    for (; i + 2 <= n; i += 2) _mm_stream_pd(target + i, _mm_loadu_pd(source + i));
#endif
    for (; i < n; i++) target[i] = source[i];
}

static void store_year(const Outputs *outputs, const Scratch *scratch, const Floats *store, int64_t t, int64_t first, int64_t n) {
    for (int64_t row = 0; row < outputs->keep.shape[1]; row++) {
        int64_t kept = AT2(outputs->keep, t, row);
        if (kept >= 0) copy_out(&AT2(*store, kept, first), ROW(scratch->year.at, row), n);
    }
}

static void store_drivers(const Outputs *outputs, const Scratch *scratch, const Floats *store, int64_t first, int64_t n) {
    int64_t drivers = outputs->drivers.shape[0], after = store->shape[0] - drivers;
    for (int64_t k = 0; k < drivers; k++) copy_out(&AT2(*store, after + k, first), ROW(scratch->x.at, AT1(outputs->drivers, k)), n);
}

static __attribute__((noinline)) int64_t count_above(IN row, int64_t n) {
    int64_t found = 0;
    for (int64_t i = 0; i < n; i++) found += row[i] > 0.0;
    return found;
}

/* How large the records are here, for those who fill them in. */
const int64_t record_sizes[] = {sizeof(Model), sizeof(Outputs), sizeof(Scratch), sizeof(Area)};

/* Settling alone, from outturns of nothing. */
static void settle_alone(const Model *model, const Outputs *outputs, const Scratch *scratch, int64_t t, int64_t n) {
    Area area = area_of(outputs, scratch);
    start_settlement(&area, model->arrangements.residual.shape[0], n);
    settle(model, &area, t, n);
}

/* Every uniform of a tile, in the same rows: what drawing starts from. */
static void make_streams(const Variates *variates, int64_t first, int64_t n, const VariateScratch *scratch) {
    for (int64_t batch = 0; batch < variates->batch_kind.shape[0]; batch++) {
        int64_t start = AT1(variates->batch_start, batch);
        if (AT1(variates->batch_kind, batch) == VARIATES_PAIR) {
            fill_uniform_pair(ROW(scratch->u.at, 0), ROW(scratch->u.at, 1), &variates->uniforms, AT1(variates->order, start), first, n);
            continue;
        }
        for (int64_t k = start; k < AT1(variates->batch_start, batch + 1); k++)
            fill_uniform(ROW(scratch->u.at, k - start), &variates->uniforms, AT1(variates->order, k), first, n);
    }
}

/* What run_parts can be asked for (benchmarks/phases.py). */
enum { DRAW = 1, DERIVE = 2, PROJECT = 4, KEEP = 8, SETTLE = 16, STREAMS = 32 };

/* Draws first_draw to last_draw (a multiple of a tile, and the end) of the parts asked for; returns how many draws were clipped. */
int64_t run_draws(const Model *model, const Outputs *outputs, const Scratch *scratch, const Floats *store, int64_t first_draw, int64_t last_draw,
                  int64_t parts) {
    int64_t clipped = 0;
    for (int64_t first = first_draw; first < last_draw; first += TILE_TILE) {
        int64_t n = smaller(TILE_TILE, last_draw - first);
        if (parts & STREAMS) make_streams(&model->variates, first, n, &scratch->variates);
        if (parts & DRAW) draw_tile(&model->variates, first, n, scratch->x.at, &scratch->variates);
        if (parts & DERIVE) {
            run_ops(&model->ops, model->ops.constant, model->detail.wanted ? model->ops.kind.shape[0] : model->ops.needed, scratch->x.at, n);
            draw_all_noises(model, scratch, n);
        }
        AT1(scratch->detail.position, 0) = first;
        AT1(scratch->detail.position, 1) = (first - first_draw) / TILE_BLOCK;
        if (parts & PROJECT) start_tile(model, scratch, n);
        for (int64_t t = 0; t < model->lines.plan_price.shape[1]; t++) {
            if (parts & PROJECT) project_year(model, outputs, scratch, t, n);
            if (parts & SETTLE) settle_alone(model, outputs, scratch, t, n);
            if (parts & KEEP) store_year(outputs, scratch, store, t, first, n);
        }
        if (parts & KEEP) store_drivers(outputs, scratch, store, first, n);
        clipped += count_above(ROW(scratch->work.at, LINES_CLIPPED), n);
    }
#ifdef __SSE2__
    _mm_sfence();
#endif
    return clipped;
}
