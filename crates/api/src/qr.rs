//! The QR code of a scannable fingerprint, as modules for the UI to draw.

use qrcode::{Color, EcLevel};

use crate::model::QrCode;

/// The code for `data`; none if it is longer than a QR code can hold, which no fingerprint is.
pub(crate) fn encode(data: &[u8]) -> Option<QrCode> {
    let code = qrcode::QrCode::with_error_correction_level(data, EcLevel::L).ok()?;
    let size = code.width();
    let modules = code.to_colors();
    let row = |row: &[Color]| row.iter().map(|module| module.select('1', '0')).collect();
    Some(QrCode {
        size,
        rows: modules.chunks(size).map(row).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_square_and_has_its_three_finder_patterns() {
        let code = encode(&[0xa5; 70]).unwrap();
        assert_eq!(code.rows.len(), code.size);
        assert!(code.rows.iter().all(|row| row.len() == code.size));
        let top = &code.rows[0];
        assert!(top.starts_with("11111110") && top.ends_with("01111111"));
        assert!(code.rows[code.size - 1].starts_with("11111110"));
    }

    #[test]
    fn what_no_code_can_hold_makes_none() {
        assert_eq!(encode(&[0; 4_000]), None);
    }
}
