/** Stands in for what a package loads and needs only for what nothing of ours asks of it. */
module.exports = {};
