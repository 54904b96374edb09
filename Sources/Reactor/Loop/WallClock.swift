import CUV

/// The time of day, which may jump: for what bears dates, such as certificates.
package enum WallClock {
    /// Seconds since 1970; 0 where the system's clock is before that.
    package static var seconds: UInt64 {
        var time = uv_timeval64_t()
        // The call only fills the structure, and fails for none.
        _ = unsafe uv_gettimeofday(&time)
        return UInt64(clamping: time.tv_sec)
    }
}
