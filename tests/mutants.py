"""Break the package on purpose, one small thing at a time: the tests that should notice must fail.

``make mutants``, or with names: ``python tests/mutants.py "the swap without a sync"``. The working tree is only
read: each mutant is made in a copy of the package, which its tests then import.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
_SECONDS = 300
# What pytest ends with.
_PASSED, _FAILED = 0, 1
_KILLED = "killed"


class Mutant(NamedTuple):
    """One small fault: in ``file`` the ``old`` text, which stands there once, becomes the ``new``.

    At least one of ``tests`` must fail with it.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


_AGAINST = "tests/evaluate/test_rank_describers.py::"
_BESIDE = "tests/describe/test_side_by_side.py::"
_CANDIDATES = "tests/review/test_describers.py::"
_BY_LABELS = "tests/evaluate/test_by_labels.py::"
_AUROC = "tests/describe/test_auroc.py::"
_MATCH = "tests/describe/test_match_texts.py::"
_TOKENS = "tests/describe/test_match_tokens.py::"
_WEIGHTED = "tests/describe/test_weighted_scores.py::"
_SYNCED = "tests/store/test_fsync.py::"
_FIT = "tests/labelling/test_topic_fit.py::"
_STANDING = "tests/store/test_standing_label.py::"
_BLIND = "tests/review/test_visible_labels.py::"
_WORDING = "tests/evaluate/test_find_wording_conflicts.py::"
_FILTER = "tests/review/test_filters.py::"
_FIGURES = "tests/precompute/test_figures.py::"
_PLACES = "tests/precompute/test_tokens.py::"
_WINDOWS = "tests/precompute/test_document_windows.py::"
_HELD = "tests/store/test_held_out.py::"
_SCORE = "tests/evaluate/test_score.py::"
_EVIDENCE = "tests/describe/test_evidence.py::"
_SAMPLE = "tests/precompute/test_token_sample.py::"

_LEADS = f"{_TOKENS}test_how_near_and_at_how_many_peaks_a_descriptor_must_be_to_be_said_before_the_surest"
_BY_RULE = (
    f"{_TOKENS}test_a_word_is_described_where_it_is_sure_and_beyond_chance_or_lifted_and_each_alone_keeps_some_silent",
)
_TOPICS_BY_RULE = (
    f"{_MATCH}test_a_topic_is_described_where_it_is_both_beyond_chance_and_sure_and_each_alone_keeps_some_silent",
)

_AGREE = "tests/evaluate/test_coefficients.py::"

_CAUSAL = "tests/evaluate/test_causal.py::"

MUTANTS = (
    # Two runs compared.
    Mutant(
        "two runs that agree on a name of opposite sides",
        "neurotui/evaluate/compare_runs.py",
        "if first.side != second.side:",
        "if first.side == second.side == 0:",
        ("tests/evaluate/test_compare_runs.py::test_a_name_that_another_side_or_nobody_bears_is_not_the_same",),
    ),
    # The causal score.
    Mutant(
        "a push the other way",
        "neurotui/models/causal_effects.py",
        "place, units] += amounts.to(moved)",
        "place, units] -= amounts.to(moved)",
        (
            "tests/precompute/test_causal_effects.py::test_a_push_of_an_encoder_is_an_edit_of_the_projections_output",
        ),
    ),
    Mutant(
        "a push that forgets the side that the label speaks of",
        "neurotui/evaluate/causal.py",
        "one.side * doses[at]",
        "doses[at]",
        (f"{_CAUSAL}test_a_neuron_that_writes_its_word_goes_toward_it_and_its_negative_away",),
    ),
    Mutant(
        "a share that counts ties whole",
        "neurotui/evaluate/causal.py",
        "== own[..., None]).mean(-1) / 2",
        "== own[..., None]).mean(-1)",
        (f"{_CAUSAL}test_a_share_counts_ties_half",),
    ),
    # How far people agree.
    Mutant(
        "alpha that draws a rating together with itself",
        "neurotui/evaluate/coefficients.py",
        "total * (total - 1)",
        "total * total",
        (f"{_AGREE}test_alpha_is_the_one_that_krippendorff_published",),
    ),
    Mutant(
        "alpha in which all items weigh the same",
        "neurotui/evaluate/coefficients.py",
        "paired = self.rated * self.twice",
        "paired = self.twice",
        (f"{_AGREE}test_alpha_is_the_one_that_krippendorff_published",),
    ),
    Mutant(
        "an AC1 that does not count the categories",
        "neurotui/evaluate/coefficients.py",
        "max(self.categories - 1, 1)",
        "1",
        (f"{_AGREE}test_ac1_is_the_one_that_gwet_published",),
    ),
    Mutant(
        "an AC1 that weighs ratings, not items",
        "neurotui/evaluate/coefficients.py",
        "weights / self.rated",
        "weights / self.rated.mean()",
        (f"{_AGREE}test_ac1_is_what_its_definition_says",),
    ),
    Mutant(
        "a text that is part of the page",
        "neurotui/exchange/page_text.py",
        "shown = escape(visible(words))",
        "shown = visible(words)",
        ("tests/exchange/test_html.py::test_no_tag_and_no_attribute_comes_from_a_text",),
    ),
    # The bounds and the rule by which something is said of a neuron.
    Mutant(
        "bounds at 1 - a/pairs",
        "neurotui/describe/auroc.py",
        "for sides in (1, 2)",
        "for sides in (1, 1)",
        (f"{_AUROC}test_bounds_hold_for_all_pairs_at_once_by_bonferroni_on_both_sides",),
    ),
    Mutant(
        "bounds of one pair alone",
        "neurotui/describe/auroc.py",
        "(sides * max(pairs, 1))",
        "sides",
        (
            f"{_AUROC}test_bounds_hold_for_all_pairs_at_once_by_bonferroni_on_both_sides",
            f"{_MATCH}test_where_few_texts_hold_a_topic_only_the_correction_for_all_pairs_keeps_chance_silent",
        ),
    ),
    Mutant(
        "Hanley and McNeil with p for p - 1",
        "neurotui/describe/auroc.py",
        "(p - 1) * b / (1 + b)",
        "p * b / (1 + b)",
        (f"{_AUROC}test_the_standard_error_is_hanley_and_mcneils_down_to_two_texts_of_a_sort",),
    ),
    Mutant(
        "a score from a single text",
        "neurotui/describe/auroc.py",
        "_FEWEST = 2 ",
        "_FEWEST = 1 ",
        (f"{_AUROC}test_of_a_single_text_there_is_no_score_and_of_two_there_is",),
    ),
    Mutant(
        "topics described that chance explains",
        "neurotui/describe/described_rule.py",
        "= scores.beyond_chance & (scores.auroc - scores.error >= LEAST_AUROC)",
        "= scores.auroc - scores.error >= LEAST_AUROC",
        (
            f"{_MATCH}test_where_few_texts_hold_a_topic_only_the_correction_for_all_pairs_keeps_chance_silent",
            *_TOPICS_BY_RULE,
        ),
    ),
    Mutant(
        "topics described without the standard error",
        "neurotui/describe/described_rule.py",
        "(scores.auroc - scores.error >= LEAST_AUROC)",
        "(scores.auroc >= LEAST_AUROC)",
        _TOPICS_BY_RULE,
    ),
    Mutant(
        "words described that chance explains",
        "neurotui/describe/described_rule.py",
        "sure & ~contradicting & (scores.beyond_chance | lifted)",
        "sure & ~contradicting",
        _BY_RULE,
    ),
    Mutant(
        "negative where its top exemplars peak",
        "neurotui/describe/described_rule.py",
        "(r < 0) & (at_peaks[1].share >= LEAST_COVERED)",
        "(r < 0) & (at_peaks[1].share > 1)",
        (f"{_TOKENS}test_a_neuron_is_not_said_to_be_negative_where_its_top_exemplars_peak",),
    ),
    Mutant(
        "words described without the standard error",
        "neurotui/describe/match_tokens.py",
        "token_described(certain, learned,",
        "token_described(np.abs(r), learned,",
        _BY_RULE,
    ),
    Mutant(
        "words held up on validation that chance explains",
        "neurotui/describe/described_rule.py",
        ">= LEAST_CORRELATION) & scores.beyond_chance",
        ">= LEAST_CORRELATION)",
        _BY_RULE,
    ),
    # The measures.
    Mutant(
        "accepted labels judged as proposals",
        "neurotui/evaluate/description_sets.py",
        'labels.proposals(neuron, seen_by="")',
        "labels.proposals(neuron)",
        (f"{_AGAINST}test_what_people_accepted_is_no_proposal_of_the_machine_nor_moves_one_up",),
    ),
    Mutant(
        "a tie between describers counted as a loss",
        "neurotui/evaluate/rank_describers.py",
        "won = (ahead > behind) + (ahead == behind) / 2",
        "won = (ahead > behind) * 1.0",
        (f"{_AGAINST}test_a_neuron_that_both_name_equally_well_is_half_a_win_each",),
    ),
    Mutant(
        "a name that is said twice in two places",
        "neurotui/evaluate/rank_describers.py",
        "list(dict.fromkeys(map(compared, ranked.get(neuron, ()))))",
        "list(map(compared, ranked.get(neuron, ())))",
        (f"{_AGAINST}test_every_figure_by_hand",),
    ),
    # Describers side by side.
    Mutant(
        "a describer of one name kept twice",
        "neurotui/describe/side_by_side.py",
        "others = [one for one in _names(run) if not named(one, [name])]",
        "others = _names(run)",
        (f"{_BESIDE}test_the_same_name_again_replaces_that_one_alone_however_it_is_spelled",),
    ),
    Mutant(
        "only the last describer as the origin",
        "neurotui/review/candidates.py",
        "origins = [*every[place].origin.split(JOINS), one.origin]",
        "origins = [one.origin]",
        (f"{_CANDIDATES}test_what_another_describer_found_too_is_there_once_with_both_as_its_origin",),
    ),
    Mutant(
        "other describers seen by the blind",
        "neurotui/review/candidate_cache.py",
        "matched, theirs, peaks = [], [], ()",
        "matched, peaks = [], ()",
        (f"{_CANDIDATES}test_blind_to_the_machine_is_blind_to_all_describers",),
    ),
    Mutant(
        "equal texts counted 0 in the AUROC",
        "neurotui/describe/ranks.py",
        "at_most -= at_least[part]",
        "at_most[:] = texts + 1 - 2 * at_least[part]",
        (f"{_AUROC}test_auroc_is_exact_with_few_many_and_no_ties",),
    ),
    Mutant(
        "equal tokens counted 0 in the AUROC",
        "neurotui/describe/weighted_scores.py",
        "(np.cumsum(by_code) - by_code / 2)",
        "(np.cumsum(by_code) - by_code)",
        (f"{_WEIGHTED}test_unequal_weights_give_what_plain_loops_give",),
    ),
    Mutant(
        "average precision with equal texts one by one",
        "neurotui/describe/auroc.py",
        "    if len(repeats):",
        "    if not repeats.shape:",
        (f"{_AUROC}test_average_precision_is_exact_with_ties",),
    ),
    Mutant(
        "average precision over codes, not tokens",
        "neurotui/describe/weighted_scores.py",
        "(precision * inside[order]).sum() / inside.sum()",
        "precision[inside[order] > 0].mean()",
        (
            f"{_WEIGHTED}test_with_equal_weights_the_area_and_the_average_precision_are_scikit_learns_on_both_sides",
        ),
    ),
    Mutant(
        "the token sample's weights dropped",
        "neurotui/describe/weighted_scores.py",
        "own = weight.astype(np.float64) / weight.sum(dtype=np.float64)",
        "own = np.full(len(weight), 1 / max(len(weight), 1))",
        (f"{_WEIGHTED}test_a_weight_of_two_is_the_place_given_twice",),
    ),
    Mutant(
        "topics trusted without their standard error",
        "neurotui/describe/match_texts.py",
        "certainty(r, chosen(at_tokens.calibration.error, best), ERRORS_IF_TOPIC),",
        "r,",
        (f"{_MATCH}test_a_topic_is_trusted_two_standard_errors_below_its_correlation",),
    ),
    Mutant(
        "a class trusted as much as a word",
        "neurotui/describe/described_rule.py",
        "ERRORS_IF_LEARNED = 1.0",
        "ERRORS_IF_LEARNED = 0.5",
        (f"{_EVIDENCE}test_a_class_of_words_is_trusted_less_and_words_signs_and_pieces_are_exact",),
    ),
    # What is matched with what.
    Mutant(
        "places matched without their weights",
        "neurotui/describe/token_evidence.py",
        "held(holds[:places][mask], sample.weight[mask])",
        "held(holds[:places][mask], np.ones(mask.sum()))",
        (f"{_EVIDENCE}test_each_split_has_its_own_places_by_their_weights",),
    ),
    Mutant(
        "every place of a topic evidence of its own",
        "neurotui/describe/token_evidence.py",
        "return found._replace(groups=groups, group_holds=holds[texts])",
        "return found",
        (
            f"{_EVIDENCE}test_the_places_of_a_text_are_one_piece_of_evidence_for_a_topic_and_each_is_one_for_a_word",
        ),
    ),
    Mutant(
        "word pairs of one neuron alone",
        "neurotui/describe/token_evidence.py",
        'run.counts()["neurons"] * len(features)',
        "len(features)",
        (f"{_EVIDENCE}test_the_bounds_are_for_all_neurons_and_all_descriptors",),
    ),
    Mutant(
        "topic pairs of one neuron alone",
        "neurotui/describe/match_texts.py",
        "pairs = len(texts.top) * texts.holds.shape[1]",
        "pairs = texts.holds.shape[1]",
        _TOPICS_BY_RULE,
    ),
    Mutant(
        "words said of validation exemplars",
        "neurotui/describe/token_evidence.py",
        'column[block["split"] == "calibration"]',
        "column",
        (f"{_EVIDENCE}test_only_exemplars_of_calibration_tell_where_a_neuron_peaks",),
    ),
    Mutant(
        "topics said of validation exemplars",
        "neurotui/describe/pipeline.py",
        " & calibration[rows[found]]",
        "",
        (f"{_EVIDENCE}test_only_exemplars_of_calibration_are_counted_as_evidence_of_a_topic",),
    ),
    Mutant(
        "topics learned on validation",
        "neurotui/describe/match_texts.py",
        "for mask, held in splits)",
        "for mask, held in splits[::-1])",
        (f"{_MATCH}test_text_figures_are_what_a_direct_computation_gives",),
    ),
    Mutant(
        "words learned on validation",
        "neurotui/describe/match_tokens.py",
        "    here, there = splits\n",
        "    there, here = splits\n",
        (f"{_TOKENS}test_figures_at_tokens_are_what_a_direct_computation_gives_on_both_sides",),
    ),
    Mutant(
        "sides of topics ignored",
        "neurotui/describe/match_texts.py",
        "_judged(judge, _lowest(here.scores.auroc), -1)",
        "_judged(judge, _lowest(here.scores.auroc), 1)",
        (
            f"{_MATCH}test_a_neuron_that_is_silent_in_the_texts_of_a_topic_is_described_on_the_side_of_its_negative",
        ),
    ),
    Mutant(
        "sides of words ignored",
        "neurotui/describe/match_tokens.py",
        "side = np.where(r < 0, -1, 1)",
        "side = np.ones(r.shape)",
        (f"{_TOKENS}test_neurons_are_said_to_do_what_they_were_planted_to_do",),
    ),
    Mutant(
        "the word at which exemplars peak does not lead",
        "neurotui/describe/described_rule.py",
        "at_word.max(axis=1) > 0",
        "at_word.max(axis=1) < 0",
        (f"{_TOKENS}test_the_word_at_which_exemplars_peak_leads_even_where_its_class_predicts_better",),
    ),
    Mutant(
        "half of the peaks asked for, not four in ten",
        "neurotui/describe/described_rule.py",
        "LEAST_COVERED = 0.4",
        "LEAST_COVERED = 0.5",
        (_LEADS,),
    ),
    Mutant(
        "described where hardly an exemplar peaks",
        "neurotui/describe/described_rule.py",
        "TOO_RARELY_AT_PEAKS = 0.2",
        "TOO_RARELY_AT_PEAKS = 0.1",
        (
            f"{_TOKENS}test_what_holds_at_a_fifth_of_the_peaks_or_fewer_is_not_described_however_certain[1-5-False]",
        ),
    ),
    Mutant(
        "what cannot be described led by what can",
        "neurotui/describe/described_rule.py",
        "enough | ~enough.any(axis=1, keepdims=True)",
        "certain > -1",
        (_LEADS,),
    ),
    Mutant(
        "as much asked of a word however many peak at it",
        "neurotui/describe/described_rule.py",
        "PEAK_WORD_EASING = 0.8",
        "PEAK_WORD_EASING = 0",
        (_LEADS,),
    ),
    # What a run holds.
    Mutant(
        "histogram bins moved by half of one",
        "neurotui/precompute/merge.py",
        "np.bincount(row >> _BIN_BITS,",
        "np.bincount(np.minimum(row.astype(np.int64) + 1024, 65_535) >> _BIN_BITS,",
        (f"{_FIGURES}test_a_histogram_is_of_the_codes_that_are_kept_32_bins_of_2048[gpt2]",),
    ),
    Mutant(
        "the firing rate without the weights",
        "neurotui/precompute/codes.py",
        "share[rows] = fires.astype(np.float32) @ weight",
        "share[rows] = fires.mean(axis=1) * weight.sum()",
        (f"{_PLACES}test_the_firing_rate_is_the_share_of_tokens_at_a_quarter_of_the_largest_activation[many]",),
    ),
    Mutant(
        "copies of a text counted in the weights",
        "neurotui/precompute/token_sample.py",
        "if not selection.original[text]:",
        "if text < 0:",
        (f"{_SAMPLE}test_copies_of_a_text_never_count",),
    ),
    Mutant(
        "copies of a text among the exemplars",
        "neurotui/precompute/shard_exemplars.py",
        "((values >= floor) & original[:, None]).T.nonzero(as_tuple=True)",
        "(values >= floor).T.nonzero(as_tuple=True)",
        ("tests/precompute/test_reducers.py::test_repeats_are_counted_but_are_no_exemplars_of_any_kind",),
    ),
    Mutant(
        "the best of a shard that was not written remembered",
        "neurotui/precompute/processes.py",
        "self._best = {}\n        with",
        "with",
        (
            "tests/precompute/test_shards.py::test_a_shard_that_could_not_be_written_keeps_nothing_out_when_it_is_made_again",
        ),
    ),
    Mutant(
        "a manifest that was changed taken as it is",
        "neurotui/precompute/manifest.py",
        "if record.get(_HASH) != _hash(own):",
        "if False:",
        ("tests/precompute/test_shards.py::test_a_manifest_in_which_anything_was_changed_is_damaged",),
    ),
    Mutant(
        "Ctrl-C let through to workers",
        "neurotui/precompute/processes.py",
        "resource_tracker.ensure_running()",
        "pass",
        ("tests/precompute/test_same_run.py::test_ctrl_c_reaches_no_worker_however_early_it_comes",),
    ),
    Mutant(
        "two windows of a document in a shard's list",
        "neurotui/precompute/shard_exemplars.py",
        "keys = one_per_document(keys, documents, _NOBODY)",
        "pass",
        (f"{_WINDOWS}test_a_long_document_fills_no_list_and_what_is_kept_is_the_best_of_each_document",),
    ),
    Mutant(
        "two windows of a document from two shards",
        "neurotui/precompute/exemplars.py",
        "np.where(repeats, -1, text)",
        "text",
        (f"{_WINDOWS}test_a_long_document_fills_no_list_and_what_is_kept_is_the_best_of_each_document",),
    ),
    Mutant(
        "windows of a document on both sides of the split",
        "neurotui/precompute/texts.py",
        "_row(document, own, split)",
        "_row(document, own, split_of(content_hash(own.body, 0)))",
        (f"{_WINDOWS}test_a_document_is_on_one_side_of_the_split_and_tells_its_id_and_labels_in_all_windows",),
    ),
    Mutant(
        "labels of other modules of the same model",
        "neurotui/store/same_neurons.py",
        "hexdigest() if hook else weights",
        "hexdigest() if hook is weights else weights",
        ("tests/precompute/test_hooks.py::test_neurons_at_other_modules_are_other_neurons",),
    ),
    # What people decide.
    Mutant(
        "the journal without a sync",
        "neurotui/store/journal.py",
        "os.fsync(file.fileno())",
        "pass",
        (f"{_SYNCED}test_each_decision_is_on_the_disk_before_it_is_told_and_the_journals_name_is_too",),
    ),
    Mutant(
        "the swap without a sync",
        "neurotui/store/atomic.py",
        "os.fsync(file.fileno())",
        "pass",
        (f"{_SYNCED}test_a_file_is_on_the_disk_whole_before_it_takes_its_place_and_its_name_after",),
    ),
    Mutant(
        "a new file's name without a sync",
        "neurotui/store/atomic.py",
        "os.fsync(descriptor)",
        "pass",
        (f"{_SYNCED}test_each_decision_is_on_the_disk_before_it_is_told_and_the_journals_name_is_too",),
    ),
    Mutant(
        "decisions read across the ends of lines",
        "neurotui/store/journal_fast_read.py",
        'if not block.startswith(b"{") or block.count(b"\\n{") != after_first:',
        'if not block.startswith(b"{"):',
        ("tests/store/test_journal_fast_read.py::test_lines_that_are_whole_only_together_are_no_decisions",),
    ),
    Mutant(
        "a journal in another's place that is not noticed",
        "neurotui/store/journal.py",
        "if hashlib.blake2b(data[: self._read_to]).digest() == self._digest.digest():",
        "if True:",
        (
            "tests/store/test_journal.py::test_a_journal_that_was_replaced_or_rewritten_is_read_anew_and_no_line_is_accused",
        ),
    ),
    Mutant(
        "a decision that is lost with the file that was replaced under it",
        "neurotui/store/journal.py",
        "if is_at(file, self.path):",
        "if True:",
        (
            "tests/store/test_journal.py::test_a_decision_that_went_to_a_file_which_was_replaced_goes_to_the_new_one_too",
        ),
    ),
    Mutant(
        "order by the clock alone",
        "neurotui/store/event_order.py",
        "return event.order or event.time, event.id",
        "return event.time, event.id",
        (
            "tests/store/test_labels.py::test_events_count_in_their_order_and_where_there_is_none_in_that_of_their_times",
        ),
    ),
    Mutant(
        "undo takes back what somebody else decided",
        "neurotui/store/undo.py",
        "reversed(self._done.get(compared_name(by), []))",
        "reversed([name for done in self._done.values() for name in done])",
        ("tests/store/test_labels.py::test_each_person_undoes_their_own",),
    ),
    Mutant(
        "the queue by the firing rate itself",
        "neurotui/review/orders.py",
        "overview.firing_rate**_FREQUENCY",
        "overview.firing_rate",
        ("tests/review/test_state.py::test_how_often_a_neuron_fires_counts_by_its_eighth_root",),
    ),
    Mutant(
        "the queue by calibration alone",
        "neurotui/review/orders.py",
        "np.minimum(overview.score, overview.validation)",
        "overview.score",
        (
            "tests/review/test_state.py::test_the_queue_puts_what_is_near_certain_and_frequent_first_and_what_is_decided_last",
        ),
    ),
    Mutant(
        "by: anywhere in a backend's name",
        "neurotui/review/terms/by.py",
        "compared(name).startswith(self.name) for name in columns.backends",
        "self.name in compared(name) for name in columns.backends",
        (f"{_FILTER}test_who_proposed_or_decided_and_where_exemplars_peak",),
    ),
    Mutant(
        "by: anywhere in an annotator's name",
        "neurotui/review/terms/by.py",
        "any(compared(one).startswith(self.name) for name in names",
        "any(self.name in compared(one) for name in names",
        (f"{_FILTER}test_who_proposed_or_decided_and_where_exemplars_peak",),
    ),
    Mutant(
        "OR as AND",
        "neurotui/review/filters.py",
        "np.logical_or.reduce(masks)",
        "np.logical_and.reduce(masks)",
        (f"{_FILTER}test_a_filter_picks_the_neurons_for_which_all_its_terms_hold",),
    ),
    Mutant(
        "a layer's open neurons as its reviewed ones",
        "neurotui/review/counts.py",
        "(review_state.overview.described, review_state.state != _OPEN)",
        "(review_state.overview.described, review_state.state == _OPEN)",
        ("tests/review/test_state.py::test_each_layer_has_its_share_of_described_and_of_reviewed_neurons",),
    ),
    Mutant(
        "scores of the other side exported",
        "neurotui/exchange/rows.py",
        "if same and self.matches.side[place] == told.side:",
        "if same:",
        (
            "tests/exchange/test_export_labels.py::test_of_a_descriptor_that_is_tied_on_both_sides_the_scores_are_those_of_the_side_that_is_said",
        ),
    ),
    Mutant(
        "labels of another model taken",
        "neurotui/exchange/checked_rows.py",
        "not same_model(model, self._run.model)",
        "False",
        (
            "tests/exchange/test_column_mapping.py::test_what_is_plainly_of_another_model_is_refused_unless_somebody_insists",
        ),
    ),
    Mutant(
        "features of a dictionary taken for neurons",
        "neurotui/exchange/checked_rows.py",
        "if (dictionary := record.get(DICTIONARY)) and not insist:",
        "if (dictionary := record.get(DICTIONARY)) and False:",
        (
            "tests/exchange/test_neuronpedia.py::test_features_of_a_dictionary_are_no_neurons_unless_somebody_insists",
        ),
    ),
    Mutant(
        "machines' explanations taken as decisions",
        "neurotui/exchange/checked_rows.py",
        "wanted is None and self._reader.machines and not state",
        "False",
        (
            "tests/exchange/test_neuronpedia.py::test_explanations_are_known_by_what_is_in_them_and_become_candidates",
        ),
    ),
    Mutant(
        "imported candidates that cannot be undone",
        "neurotui/store/undo.py",
        '(event.action == "propose" and bool(event.importer))',
        "False",
        (
            "tests/exchange/test_column_mapping.py::test_one_undo_takes_imported_candidates_back_and_one_redo_brings_them_again",
        ),
    ),
    # The scores of any descriptions.
    Mutant(
        "calibration texts among those that a score uses",
        "neurotui/store/held_out.py",
        'self._rows("held_out_texts")',
        'self._rows("texts")',
        (f"{_HELD}test_only_places_of_validation_are_there",),
    ),
    Mutant(
        "a score at tokens that the screen shows",
        "neurotui/store/held_out.py",
        "at_tokens[np.isin(self.tokens.text_id, shown)] = np.nan",
        "at_tokens[:0] = np.nan",
        (f"{_SCORE}test_no_score_at_tokens_changes_with_the_activations_at_exemplars",),
    ),
    Mutant(
        "a threshold that is not the number of active texts",
        "neurotui/evaluate/score_measures.py",
        'rankdata(-judged, "min", axis=1) <= p',
        'rankdata(-judged, "min", axis=1) <= q',
        (f"{_SCORE}test_over_texts_the_measures_are_those_of_others_and_what_is_shown_does_not_count",),
    ),
    Mutant(
        "an example without an answer, taken for a no",
        "neurotui/evaluate/detection.py",
        "told = [one for one in examples if one.answer.holds is not None]",
        "told = list(examples)",
        ("tests/evaluate/test_detection.py::test_the_measures_are_those_of_others",),
    ),
    # The fit of a label.
    Mutant(
        "the fit of a topic on one side alone",
        "neurotui/labelling/topic_fit.py",
        "active_and_quiet(side * values, self._sample, shown)",
        "active_and_quiet(values, self._sample, shown)",
        (f"{_FIT}test_a_label_of_the_other_side_fits_where_the_neuron_is_lowest",),
    ),
    Mutant(
        "a fit on calibration texts",
        "neurotui/labelling/topic_fit.py",
        "self._validation = ~texts.calibration[pooled]",
        "self._validation = texts.calibration[pooled]",
        (f"{_FIT}test_only_validation_texts_are_read",),
    ),
    Mutant(
        "a fit on calibration tokens",
        "neurotui/labelling/token_fit.py",
        "np.flatnonzero(~sample.calibration)",
        "np.flatnonzero(sample.calibration)",
        ("tests/labelling/test_token_fit.py::test_calibration_places_play_no_part",),
    ),
    Mutant(
        "the interval of an AUROC at 90 %",
        "neurotui/describe/auroc.py",
        "CONFIDENCE = 0.95",
        "CONFIDENCE = 0.9",
        (f"{_AUROC}test_the_interval_of_a_single_area_is_the_usual_one",),
    ),
    Mutant(
        "quiet by the median of the sample",
        "neurotui/labelling/topic_fit.py",
        "(values[sample] <= median)",
        "(values[sample] <= np.median(values[sample]))",
        (f"{_FIT}test_quiet_are_those_of_the_sample_that_lie_in_the_lower_half_of_all_texts",),
    ),
    Mutant(
        "quiet texts from beyond the sample",
        "neurotui/labelling/topic_fit.py",
        "sample[(values[sample] <= median) & ~shown[sample]]",
        "np.flatnonzero((values <= median) & ~shown)",
        (f"{_FIT}test_quiet_are_those_of_the_sample_that_lie_in_the_lower_half_of_all_texts",),
    ),
    Mutant(
        "quiet without those at the median",
        "neurotui/labelling/topic_fit.py",
        "(values[sample] <= median)",
        "(values[sample] < median)",
        (f"{_FIT}test_of_equal_texts_those_at_the_median_are_quiet",),
    ),
    Mutant(
        "a fit on texts that the screen has shown",
        "neurotui/labelling/topic_fit.py",
        "highest[~shown[highest]][:most]",
        "highest[:most]",
        (f"{_FIT}test_no_text_that_the_screen_shows_is_read",),
    ),
    Mutant(
        "people who differ, of whom the last stands",
        "neurotui/store/standing_label.py",
        "if len(answers) == 1:",
        "if answers:",
        (f"{_STANDING}test_nobodys_decision_erases_anothers",),
    ),
    Mutant(
        "a settlement that nobody can reopen",
        "neurotui/store/standing_label.py",
        "if all(one.place < place_of(settled)",
        "if in_order or all(one.place < place_of(settled)",
        (f"{_STANDING}test_what_was_settled_stands_until_somebody_decides_otherwise_after_it",),
    ),
    Mutant(
        "labels of different sides that differ in wording alone",
        "neurotui/store/standing_label.py",
        "frozenset((word, one.side) for one in label.accepted for word in words_of(one.text))",
        "frozenset(word for one in label.accepted for word in words_of(one.text))",
        (f"{_STANDING}test_labels_of_the_same_words_on_different_sides_differ_in_more_than_wording",),
    ),
    Mutant(
        "a settlement by the first wording, whatever most said",
        "neurotui/evaluate/find_wording_conflicts.py",
        "return max(single, key=lambda one: given[compared(one.text)]).accepted[0]",
        "return single[0].accepted[0]",
        (f"{_WORDING}test_what_most_said_stands_else_what_was_said_first",),
    ),
    Mutant(
        "a blind review that orders neurons by the machine's scores",
        "neurotui/review/blind_overview.py",
        "self._hides = seen.is_blind_to_machine",
        "self._hides = False",
        (f"{_BLIND}test_blind_no_order_is_the_machines",),
    ),
    Mutant(
        "a blind review that stays blind after one's own decision",
        "neurotui/review/visible_labels.py",
        'return self._blind if self._blind and not self._labels.ever_decided(neuron, self._by) else ""',
        "return self._blind",
        (f"{_BLIND}test_others_decisions_are_hidden_until_ones_own_is_saved",),
    ),
)


def mutated(mutant: Mutant) -> str:
    """Return a file's text with the fault; ``ValueError`` unless the old text stands there once."""
    text = (ROOT / mutant.file).read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        raise ValueError(f"{mutant.file}: {text.count(mutant.old)} times, not once: {mutant.old!r}")
    return text.replace(mutant.old, mutant.new)


def main(names: list[str]) -> int:
    """Try the named mutants, by default all; return 1 if one survives or could not be tried."""
    chosen = [mutant for mutant in MUTANTS if mutant.name in names or not names]
    unknown = set(names) - {mutant.name for mutant in MUTANTS}
    if unknown:
        _say(f"no mutant of that name: {', '.join(sorted(unknown))}")
        return 1
    with TemporaryDirectory() as folder:
        copy = Path(folder)
        for source, target in (("neurotui", "."), ("queries", "queries"), ("sample_data", "sample_data")):
            shutil.copytree(
                ROOT / source,
                copy / "neurotui" / target,
                ignore=shutil.ignore_patterns("__pycache__"),
                dirs_exist_ok=True,
            )
        _refuse_another_package(copy)
        started = time.monotonic()
        status, output = _tested(copy, sorted({test for mutant in chosen for test in mutant.tests}))
        if status != _PASSED:
            _say(f"{output}\nthe tests do not pass without a mutant: mend that first")
            return 1
        _say(f"{'mutant':<52}{'':<11}seconds  noticed by")
        _say(f"{'(none)':<52}{'passes':<11}{time.monotonic() - started:7.1f}")
        alive = sum(not _killed(copy, mutant) for mutant in chosen)
    _say(f"{len(chosen) - alive} of {len(chosen)} killed")
    return 1 if alive else 0


def _killed(copy: Path, mutant: Mutant) -> bool:
    """Try one mutant, say how it went and mend the copy."""
    started = time.monotonic()
    try:
        text = mutated(mutant)
    except ValueError as error:
        _say(f"{mutant.name:<52}{'NOT THERE':<11}{'':7}  {error}")
        return False
    _write(copy / mutant.file, text)
    status, output = _tested(copy, mutant.tests)
    _write(copy / mutant.file, (ROOT / mutant.file).read_text(encoding="utf-8"))
    said, noticed = verdict(status, output)
    _say(f"{mutant.name:<52}{said:<11}{time.monotonic() - started:7.1f}  {noticed}".rstrip())
    return said == _KILLED


def verdict(status: int | None, output: str) -> tuple[str, str]:
    """Return what became of a mutant, and the test that noticed it, or what went wrong.

    Only a claim that fails has noticed anything. A package that cannot be imported, a test that is gone and a
    mutant that stumbles over itself show nothing.
    """
    if status == _PASSED:
        return "SURVIVED", ""
    test = re.search(r"^FAILED \S+?::(\w+)", output, re.MULTILINE)
    raised = re.findall(r"^\S+:\d+: (\w+)$", output, re.MULTILINE)
    if status == _FAILED and test and raised[-1:] in (["AssertionError"], ["Failed"]):
        return _KILLED, test[1]
    return "NOT TRIED", output[-2_000:]


def _write(file: Path, text: str) -> None:
    """Write a module, and forget what was compiled of it: two texts of one second and size look the same."""
    file.write_text(text, encoding="utf-8")
    for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"):
        compiled.unlink()


def _tested(copy: Path, tests: tuple[str, ...] | list[str]) -> tuple[int | None, str]:
    """Run tests against the copy up to the first that fails; return pytest's status, None for no end, and output."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=_environment(copy),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None, f"no end within {_SECONDS} seconds"
    return done.returncode, done.stdout.decode(errors="replace")


def _environment(copy: Path) -> dict[str, str]:
    """Return an environment in which the copy is imported, by tests and by what they start, and not the tree."""
    return {
        **os.environ,
        "PYTHONPATH": str(copy),
        "PYTHONSAFEPATH": "1",
        "OMP_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
    }


def _refuse_another_package(copy: Path) -> None:
    code = "import neurotui, neurotui.queries; print(neurotui.__file__, neurotui.queries.__path__[0])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=_environment(copy), capture_output=True, text=True, check=True
    )
    if not all(Path(place).resolve().is_relative_to(copy.resolve()) for place in done.stdout.split()):
        sys.exit(f"the copy is not what is imported: {done.stdout}")


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
