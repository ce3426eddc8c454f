// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Burns value on Alys and asks the federation for its payout on Bitcoin.
/// @notice Deployed in genesis, without constructor: both limits are genesis storage, made from the network file.
/// It refuses what could not be paid, so that a burn which succeeds is a debt that can be settled.
contract Bridge {
    /// @dev 1 sat = 10^10 wei, because 1 BTC is 10^8 sat and 10^18 wei on Alys.
    uint256 private constant WEI_PER_SAT = 10_000_000_000;
    /// @dev The longest Bitcoin address text, a bech32 string (BIP-173).
    uint256 private constant MAX_DESTINATION_BYTES = 90;
    /// @dev An address without known key or code: value sent to it has left the supply.
    address payable private constant BURN_ADDRESS = payable(0x000000000000000000000000000000000000dEaD);

    /// @notice Smallest payout in wei, inclusive. Slot 0.
    uint256 public minPegOutWei;
    /// @notice Largest payout in wei, inclusive. Slot 1.
    uint256 public maxPegOutWei;

    /// @param _evmAddress Who called this contract; a contract that burns for others appears itself.
    /// @param _bitcoinAddress The destination's text as given; checked by the federation.
    /// @param _value Burned wei.
    event RequestPegOut(address indexed _evmAddress, bytes _bitcoinAddress, uint256 _value);

    error BelowMinimum(uint256 value, uint256 minimum);
    error AboveMaximum(uint256 value, uint256 maximum);
    error NotWholeSats(uint256 value, uint256 remainder);
    error EmptyDestination();
    error DestinationTooLong(uint256 length, uint256 maximum);
    error BurnFailed();

    /// @notice Burns the value sent along for a payout of as much on Bitcoin.
    /// @param _bitcoinAddress UTF-8 text of a Bitcoin address of this network, 1 to 90 bytes.
    function requestPegOut(bytes calldata _bitcoinAddress) external payable {
        if (msg.value < minPegOutWei) revert BelowMinimum(msg.value, minPegOutWei);
        if (msg.value > maxPegOutWei) revert AboveMaximum(msg.value, maxPegOutWei);
        if (msg.value % WEI_PER_SAT != 0) revert NotWholeSats(msg.value, msg.value % WEI_PER_SAT);
        if (_bitcoinAddress.length == 0) revert EmptyDestination();
        if (_bitcoinAddress.length > MAX_DESTINATION_BYTES) {
            revert DestinationTooLong(_bitcoinAddress.length, MAX_DESTINATION_BYTES);
        }
        emit RequestPegOut(msg.sender, _bitcoinAddress, msg.value);
        (bool burned, ) = BURN_ADDRESS.call{value: msg.value}("");
        if (!burned) revert BurnFailed();
    }
}
