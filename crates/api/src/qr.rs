//! QR codes: as modules for the UI to draw, and found in a picture.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use qrcode::{Color, EcLevel};
use rqrr::PreparedImage;

use crate::model::{Picture, QrCode};

/// The largest picture that is looked at; the window makes larger ones smaller.
const MAX_SIDE: usize = 2048;

/// Why a picture gives no data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DecodeError {
    /// It is no picture: too large, or not as many pixels as it says.
    #[error("not a picture")]
    NoPicture,
    /// There is no QR code in it.
    #[error("no QR code in the picture")]
    NoCode,
    /// There is one, but not enough of it.
    #[error("a QR code that cannot be read")]
    Unreadable,
}

/// What the QR code in a picture holds: the first that can be read, if there are several.
pub(crate) fn decode(picture: &Picture) -> Result<Vec<u8>, DecodeError> {
    let &Picture { width, height, .. } = picture;
    let greys = BASE64
        .decode(&picture.greys)
        .map_err(|_| DecodeError::NoPicture)?;
    let sides = 1..=MAX_SIDE;
    if !sides.contains(&width) || !sides.contains(&height) || greys.len() != width * height {
        return Err(DecodeError::NoPicture);
    }
    // Proof of `unwrap_or`: every pixel that is asked for is one of `width * height`.
    let grey = |x, y| greys.get(y * width + x).copied().unwrap_or(u8::MAX);
    let mut image = PreparedImage::prepare_from_greyscale(width, height, grey);
    let grids = image.detect_grids();
    if grids.is_empty() {
        return Err(DecodeError::NoCode);
    }
    let readable = grids.iter().find_map(|grid| {
        let mut data = Vec::new();
        grid.decode_to(&mut data).ok().map(|_| data)
    });
    readable.ok_or(DecodeError::Unreadable)
}

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

    /// The code as somebody photographs it: `scale` pixels to a module, with a quiet zone, paler than black and white.
    fn photographed(code: &QrCode, scale: usize) -> Picture {
        let side = (code.size + 8) * scale;
        let mut greys = vec![220; side * side];
        for (y, row) in code.rows.iter().enumerate() {
            for (x, _) in row.match_indices('1') {
                for pixel in 0..scale * scale {
                    let (dx, dy) = (pixel % scale, pixel / scale);
                    greys[((y + 4) * scale + dy) * side + (x + 4) * scale + dx] = 40;
                }
            }
        }
        Picture {
            width: side,
            height: side,
            greys: BASE64.encode(greys),
        }
    }

    #[test]
    fn what_one_window_draws_the_other_reads() {
        for length in [1, 70, 300, 700] {
            let data: Vec<u8> = (0..length).map(|n| (n * 37 % 256) as u8).collect();
            let code = encode(&data).unwrap();
            assert_eq!(decode(&photographed(&code, 4)), Ok(data), "{length} bytes");
        }
    }

    #[test]
    fn a_picture_without_a_code_one_with_half_a_code_and_what_is_no_picture_are_told_apart() {
        let grey = |width: usize, height: usize, pixels: usize| Picture {
            width,
            height,
            greys: BASE64.encode(vec![128; pixels]),
        };
        assert_eq!(decode(&grey(100, 80, 8_000)), Err(DecodeError::NoCode));
        for picture in [grey(100, 80, 7_999), grey(0, 80, 0), grey(5_000, 2, 10_000)] {
            assert_eq!(decode(&picture), Err(DecodeError::NoPicture));
        }
        let mut code = encode(&[0xa5; 70]).unwrap();
        for row in code.rows.iter_mut().skip(9).step_by(2) {
            let noise: String = row
                .chars()
                .map(|module| if module == '1' { '0' } else { '1' })
                .collect();
            let (kept, _) = row.split_at(9);
            let (_, noise) = noise.split_at(9);
            *row = format!("{kept}{noise}");
        }
        assert_eq!(decode(&photographed(&code, 4)), Err(DecodeError::Unreadable));
    }

    #[test]
    fn what_no_code_can_hold_makes_none() {
        assert_eq!(encode(&[0; 4_000]), None);
    }
}
