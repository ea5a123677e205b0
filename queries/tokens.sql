-- name: token_sample
-- The tokens at which every neuron's activation is kept, in place order.
SELECT text_id, position, split = 'calibration' AS calibration, weight FROM run.token_sample ORDER BY place;

-- name: token_block
-- The activations of a range of neurons at the places of the token sample, as codes.
SELECT lowest, highest, codes FROM run.token_activations
WHERE neuron_id >= $first AND neuron_id < $end ORDER BY neuron_id;

-- name: divided_texts
-- Some texts, with their tokens and where those end.
SELECT text_id, body, tokens, ends FROM run.texts
WHERE text_id IN (SELECT unnest($text_ids)) ORDER BY text_id;

-- name: peaks
-- The words at which one neuron's exemplars peak.
SELECT side, left(word, 1000) AS word, exemplars FROM run.peaks WHERE neuron_id = $neuron_id ORDER BY side DESC, rank;

-- name: all_peaks
-- The words at which exemplars peak, of every neuron, in any order.
SELECT neuron_id, side, rank, left(word, 1000) AS word, exemplars FROM run.peaks;

-- name: first_peak_words
-- The distinct words at which most of some neuron's top exemplars peak.
SELECT left(whole, 1000) AS word
FROM (SELECT DISTINCT word AS whole FROM run.peaks WHERE side = 1 AND rank = 0)
ORDER BY whole;

-- name: first_peaks
-- The word at which most of a neuron's top exemplars peak, as its place among those of first_peak_words, from 1, and
-- the number of those exemplars. In any order.
SELECT neuron_id, place, exemplars
FROM run.peaks
JOIN (
    SELECT word, (row_number() OVER (ORDER BY word))::INTEGER AS place
    FROM (SELECT DISTINCT word FROM run.peaks WHERE side = 1 AND rank = 0)
) USING (word)
WHERE side = 1 AND rank = 0;

-- name: peak_exemplars
-- Where every top and bottom exemplar of a range of neurons peaks.
SELECT neuron_id, kind, text_id, peak, split FROM run.exemplars JOIN run.texts USING (text_id)
WHERE kind IN ('top', 'bottom') AND neuron_id >= $first AND neuron_id < $end ORDER BY neuron_id, kind, rank;

-- name: outputs
-- The tokens that one neuron promotes and suppresses.
SELECT kind, piece, value FROM run.outputs JOIN run.vocabulary USING (token_id)
WHERE neuron_id = $neuron_id ORDER BY kind, rank;

-- name: promoting
-- The neurons that promote a token which begins with a word; case and spaces before it do not matter.
SELECT DISTINCT neuron_id FROM run.outputs JOIN run.vocabulary USING (token_id)
WHERE kind = 'promoted' AND starts_with(lower(ltrim(piece)), lower($word));

-- name: held_at
-- Which token descriptors hold at those of some places that are in the sample: token positions[i] of text
-- text_ids[i]. NULL where none does.
SELECT text_id, position, descriptor_id
FROM run.token_sample
JOIN (SELECT unnest($text_ids) AS text_id, unnest($positions) AS position) USING (text_id, position)
LEFT JOIN run.token_descriptors USING (place);

-- name: pieces_held
-- What stands at the places at which some token descriptors hold.
SELECT DISTINCT descriptor_id, body[coalesce(ends[position], 0) + 1 : ends[position + 1]] AS piece
FROM run.token_descriptors JOIN run.token_sample USING (place) JOIN run.texts USING (text_id)
WHERE descriptor_id IN (SELECT unnest($descriptor_ids));

-- name: positions_held
-- Between which positions, counted from either end of a text, some token descriptors hold.
SELECT
    descriptor_id, min(position), max(position), min(len(tokens) - position), max(len(tokens) - position)
FROM run.token_descriptors JOIN run.token_sample USING (place) JOIN run.texts USING (text_id)
WHERE descriptor_id IN (SELECT unnest($descriptor_ids)) GROUP BY descriptor_id;

-- name: lengths
-- How many tokens some texts have, special ones included.
SELECT text_id, len(tokens) FROM run.texts WHERE text_id IN (SELECT unnest($text_ids));
