//! The order of ids, which is that of their bytes.

use std::cmp::Ordering;

/// Ordered as its bytes are.
macro_rules! bytes_in_order {
    ($name:ident) => {
        impl Ord for $name {
            #[inline]
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                $crate::order::eight_at_a_time(&self.0, &other.0)
            }
        }
        impl PartialOrd for $name {
            #[inline]
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }
    };
}
pub(crate) use bytes_in_order;

/// The order of `[u8; N]`, for multiples of eight and without a call: maps of ids ask it all the time.
#[inline]
pub(crate) fn eight_at_a_time<const N: usize>(left: &[u8; N], right: &[u8; N]) -> Ordering {
    const { assert!(N.is_multiple_of(8), "the rest would not be compared") };
    let (left, right) = (left.as_chunks().0, right.as_chunks().0);
    let each = left
        .iter()
        .zip(right)
        .map(|(left, right)| u64::from_be_bytes(*left).cmp(&u64::from_be_bytes(*right)));
    each.fold(Ordering::Equal, Ordering::then)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_order_of_the_bytes() {
        let mut ids = vec![[0_u8; 16], [255; 16]];
        for at in 0..16 {
            for byte in [1, 127, 128, 255] {
                let mut id = [7; 16];
                id[at] = byte;
                ids.push(id);
            }
        }
        for left in &ids {
            for right in &ids {
                assert_eq!(eight_at_a_time(left, right), left.cmp(right), "{left:?} {right:?}");
            }
        }
    }
}
