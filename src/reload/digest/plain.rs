//! SHA-256 in plain Rust, for the library without the feature `server`, which carries few other crates: the same
//! revisions as the server's, a few times slower. Not for secrets.

/// Bytes that are worked in at once.
const BLOCK: usize = 64;

const BEGIN: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

#[rustfmt::skip]
const ROUNDS: [u32; 64] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
];

/// A hash of what has been seen so far.
#[derive(Clone, Debug)]
pub(super) struct Sha256 {
    state: [u32; 8],
    /// What doesn't fill a block yet.
    rest: Vec<u8>,
    length: u64,
}

impl Sha256 {
    /// Of nothing.
    pub(super) fn new() -> Self {
        Self { state: BEGIN, rest: Vec::with_capacity(BLOCK), length: 0 }
    }

    /// Goes on with these bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.length = self.length.wrapping_add(bytes.len() as u64);
        let missing = if self.rest.is_empty() { 0 } else { BLOCK - self.rest.len() };
        let (fill, bytes) = bytes.split_at(missing.min(bytes.len()));
        self.rest.extend_from_slice(fill);
        if let Ok(block) = <&[u8; BLOCK]>::try_from(self.rest.as_slice()) {
            work(&mut self.state, block);
            self.rest.clear();
        }
        let (blocks, rest) = bytes.as_chunks();
        blocks.iter().for_each(|block| work(&mut self.state, block));
        self.rest.extend_from_slice(rest);
    }

    /// The hash.
    pub(super) fn finalize(mut self) -> [u8; 32] {
        let bits = self.length.wrapping_mul(8);
        let zeros = (2 * BLOCK - 9 - self.rest.len()) % BLOCK;
        self.update(&[&[0x80], vec![0; zeros].as_slice(), &bits.to_be_bytes()].concat());
        let mut hash = [0; 32];
        hash.as_chunks_mut().0.iter_mut().zip(self.state).for_each(|(bytes, word)| *bytes = word.to_be_bytes());
        hash
    }
}

/// Works a block in.
#[expect(clippy::indexing_slicing, reason = "within the 64 rounds by construction")]
fn work(state: &mut [u32; 8], block: &[u8; BLOCK]) {
    let mut words = [0; 64];
    words.iter_mut().zip(block.as_chunks().0).for_each(|(word, bytes)| *word = u32::from_be_bytes(*bytes));
    for at in 16..64 {
        let (early, late) = (words[at - 15], words[at - 2]);
        let early = early.rotate_right(7) ^ early.rotate_right(18) ^ (early >> 3);
        let late = late.rotate_right(17) ^ late.rotate_right(19) ^ (late >> 10);
        words[at] = words[at - 16].wrapping_add(early).wrapping_add(words[at - 7]).wrapping_add(late);
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for (word, round) in words.into_iter().zip(ROUNDS) {
        let stir = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let one = h.wrapping_add(stir).wrapping_add((e & f) ^ (!e & g)).wrapping_add(round).wrapping_add(word);
        let stir = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let two = stir.wrapping_add((a & b) ^ (a & c) ^ (b & c));
        (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(one), c, b, a, one.wrapping_add(two));
    }
    state.iter_mut().zip([a, b, c, d, e, f, g, h]).for_each(|(old, new)| *old = old.wrapping_add(new));
}

#[cfg(all(test, feature = "server"))]
mod tests {
    use sha2::Digest as _;

    use super::*;

    /// Every length around the borders of blocks, in parts of every size.
    #[test]
    fn it_is_the_hash_that_the_server_takes() {
        let bytes: Vec<u8> = (0..600_u32).map(|at| (at * 151).to_le_bytes()[0]).collect();
        for length in (0..260).chain([511, 512, 513, 600]) {
            let whole = &bytes[..length];
            let expected: [u8; 32] = sha2::Sha256::digest(whole).into();
            for part in [1, 3, 55, 63, 64, 65, 128, 200, 600] {
                let mut hash = Sha256::new();
                whole.chunks(part).for_each(|part| hash.update(part));
                assert_eq!(hash.finalize(), expected, "{length} by {part}");
            }
        }
    }
}
